import { percentiles, type Percentiles } from '../../common/statistics.ts';
import type { CodecDescription } from '../../enhance/codec.ts';
import { startCodec } from '../codec.ts';
import { errorJson } from '../error-json.ts';
import { selectModel } from '../model-choice.ts';

/** A process that times one quantizer, so that its memory and start-up are its own. */

export interface BenchRequest {
  modelFolder: string;
  quantizer: string;
  codebooks: number;
  provider: string;
  /** Audio to process, s; 0: only the first hop. */
  seconds: number;
}

export interface BenchFigures extends CodecDescription {
  hopMs: Percentiles;
  rtf: number;
  /** Largest resident memory of the process, MiB. */
  rssMiB: number;
}

export type FromBench =
  | { type: 'ready' }
  | { type: 'first-hop' }
  | { type: 'done'; figures: BenchFigures | undefined }
  | { type: 'failed'; error: ReturnType<typeof errorJson> };

/** The first second is not timed: code is still being compiled. */
const WARM_UP_SECONDS = 1;

function send(message: FromBench): void {
  process.send!(message);
}

async function run(request: BenchRequest): Promise<void> {
  const model = await selectModel({ models: request.modelFolder });
  const codec = await startCodec(model, request);
  const [session] = await codec.sessions(1);
  const { hopSamples, sampleRate } = session!;
  const output = new Float32Array(hopSamples);
  const input = testSignal(sampleRate, 4);
  const hop = (index: number): Float32Array => {
    const at = (index * hopSamples) % (input.length - hopSamples);
    return input.subarray(at, at + hopSamples);
  };
  await session!.processHop(hop(0), output);
  send({ type: 'first-hop' });
  if (request.seconds === 0) {
    send({ type: 'done', figures: undefined });
    return;
  }
  const hopsPerSecond = sampleRate / hopSamples;
  for (let i = 1; i < WARM_UP_SECONDS * hopsPerSecond; i++)
    await session!.processHop(hop(i), output);
  const times = new Float64Array(Math.ceil(request.seconds * hopsPerSecond));
  for (let i = 0; i < times.length; i++) {
    const started = performance.now();
    await session!.processHop(hop(i), output);
    times[i] = performance.now() - started;
  }
  const totalMs = times.reduce((sum, ms) => sum + ms, 0);
  const { p50, p95, p99, max } = percentiles(times);
  const figures: BenchFigures = {
    ...codec.description,
    hopMs: { p50: micro(p50), p95: micro(p95), p99: micro(p99), max: micro(max) },
    rtf: micro(totalMs / ((times.length / hopsPerSecond) * 1000)),
    rssMiB: Math.round((process.resourceUsage().maxRSS / 1024) * 10) / 10,
  };
  await codec.dispose();
  send({ type: 'done', figures });
}

/** Voice-like: noise under a syllable-rate envelope, with digital silence between. Repeatable. */
function testSignal(sampleRate: number, seconds: number): Float32Array {
  let seed = 1;
  return Float32Array.from({ length: sampleRate * seconds }, (_, i) => {
    seed = (seed * 48271) % 2147483647;
    const envelope = Math.max(0, Math.sin((2 * Math.PI * 3 * i) / sampleRate));
    return 0.2 * envelope * (seed / 1073741824 - 1);
  });
}

function micro(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

process.on('message', (request: BenchRequest) => {
  run(request).catch((error: unknown) => send({ type: 'failed', error: errorJson(error) }));
});
process.on('disconnect', () => process.exit(0));
send({ type: 'ready' });
