import { loadModel } from '../../codec/model-folder.ts';
import { startCodec, type Codec } from '../../enhance/codec.ts';
import type { CodecChoice } from './tasks.ts';

/** Loaded codecs that are kept: the next file of a batch wants the same one, a comparison the other one. */
const KEPT = 2;

const kept = new Map<string, Codec>();

/**
 * The codec that a task asks for, loaded or still there. One task runs at a time in a process, so it is this
 * task's alone.
 * @throws ResiduaError whatever is wrong with the model or the choice
 */
export async function codecFor(choice: CodecChoice): Promise<Codec> {
  const key = JSON.stringify([
    choice.modelFolder,
    choice.quantizer,
    choice.codebooks,
    choice.provider,
  ]);
  const known = kept.get(key);
  if (known) {
    kept.delete(key);
    kept.set(key, known);
    return known;
  }
  // Only processes that run a network pay for its runtime.
  const { OrtLoader } = await import('../../inference/onnxruntime/loader.ts');
  const codec = await startCodec(await loadModel(choice.modelFolder), new OrtLoader(), {
    provider: choice.provider === 'auto' ? 'cpu' : choice.provider,
    ...(choice.quantizer === null ? {} : { quantizer: choice.quantizer }),
    ...(choice.codebooks === null ? {} : { codebooks: choice.codebooks }),
  });
  kept.set(key, codec);
  if (kept.size > KEPT) {
    const [oldest, stale] = kept.entries().next().value!;
    kept.delete(oldest);
    await stale.dispose();
  }
  return codec;
}
