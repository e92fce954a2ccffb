import { describeError } from '../../common/errors.ts';
import type { Codec } from '../../enhance/codec.ts';
import { startCodec } from '../codec.ts';
import { errorJson } from '../error-json.ts';
import { selectModel } from '../model-choice.ts';
import type { PairRequest, PairResult } from './pair-job.ts';
import { evaluatePair } from './pair-job.ts';
import type { Variant } from './variants.ts';

/** A process that evaluates one pair per message. */

export type ToWorker =
  | { type: 'start'; modelFolder: string; provider: string; variants: Variant[] }
  | { type: 'pair'; index: number; request: PairRequest };

export type FromWorker =
  | { type: 'ready' }
  | { type: 'result'; index: number; result: PairResult }
  | { type: 'failed'; error: ReturnType<typeof errorJson> };

let codecs: Codec[] = [];

function send(message: FromWorker): void {
  process.send!(message);
}

async function handle(message: ToWorker): Promise<void> {
  if (message.type === 'start') {
    const model = await selectModel({ models: message.modelFolder });
    codecs = [];
    for (const { quantizer, codebooks } of message.variants) {
      const request = { quantizer, codebooks, provider: message.provider };
      codecs.push(await startCodec(model, request));
    }
    send({ type: 'ready' });
    return;
  }
  const result = await evaluatePair(codecs, message.request);
  send({ type: 'result', index: message.index, result });
}

process.on('message', (message: ToWorker) => {
  handle(message).catch((error: unknown) => {
    if (process.env.RESIDUA_DEBUG) process.stderr.write(`${describeError(error)}\n`);
    send({ type: 'failed', error: errorJson(error) });
  });
});
// The parent is gone, or has no more work: nothing here is worth keeping.
process.on('disconnect', () => process.exit(0));
