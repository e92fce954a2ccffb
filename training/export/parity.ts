/** Proof that exported graphs, streamed hop by hop in onnxruntime, compute what the trainer computes. */
import { createCodecSession } from '../../src/codec/session.ts';
import { loadModel } from '../../src/codec/model-folder.ts';
import { OrtLoader } from '../../src/inference/onnxruntime/loader.ts';

/**
 * Streams `signal` through the exported model and compares with `expected`, the trainer's whole-file
 * output of the same length. @returns the largest difference of any sample.
 */
export async function checkParity(
  modelFolder: string,
  quantizer: string,
  signal: Float32Array,
  expected: Float32Array,
): Promise<number> {
  const model = await loadModel(modelFolder);
  const session = await createCodecSession(model, new OrtLoader(), { quantizer });
  try {
    const head = await session.process(signal);
    const rest = await session.flush();
    const streamed = new Float32Array(head.length + rest.length);
    streamed.set(head);
    streamed.set(rest, head.length);
    if (streamed.length !== expected.length) {
      throw new RangeError(`streamed ${streamed.length} samples, the trainer ${expected.length}`);
    }
    let worst = 0;
    for (let i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs(streamed[i]! - expected[i]!));
    }
    return worst;
  } finally {
    await session.dispose();
  }
}
