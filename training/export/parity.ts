/** Proof that exported graphs, streamed hop by hop in onnxruntime, compute what the trainer computes. */
import { createCodecSession, type CodecSession } from '../../src/codec/session.ts';
import { loadModel } from '../../src/codec/model-folder.ts';
import { OrtLoader } from '../../src/inference/onnxruntime/loader.ts';

/** What the trainer made of a whole recording. */
export interface Expected {
  enhanced: Float32Array;
  /** Row-major [hops, codebooks]; null where nothing is quantised. */
  codes: Int32Array | null;
}

export interface Parity {
  /** The largest difference of any sample; with codes, after decoding the trainer's codes. */
  worst: number;
  /**
   * Share of codes that the encoder chose like the trainer, 0–1. Two codes can be equally near but for
   * rounding, so it may fall a little short of 1.
   */
  codesEqual: number;
}

/** @param signal what `expected` was made of */
export async function checkParity(
  modelFolder: string,
  quantizer: string,
  signal: Float32Array,
  expected: Expected,
): Promise<Parity> {
  const model = await loadModel(modelFolder);
  const session = await createCodecSession(model, new OrtLoader(), { quantizer });
  try {
    const { codes, enhanced } = expected;
    if (codes === null) {
      const streamed = join([await session.process(signal), await session.flush()]);
      return { worst: largestDifference(streamed, enhanced), codesEqual: 1 };
    }
    const chosen = await encodeAll(session, signal);
    const wanted = codes.subarray(0, chosen.length);
    let equal = 0;
    chosen.forEach((code, i) => (equal += code === wanted[i] ? 1 : 0));
    const decoded = await session.decode(wanted);
    return {
      worst: largestDifference(decoded.subarray(0, enhanced.length), enhanced),
      codesEqual: equal / chosen.length,
    };
  } finally {
    await session.dispose();
  }
}

async function encodeAll(session: CodecSession, signal: Float32Array): Promise<Int32Array> {
  const body = await session.encode(signal);
  const rest = await session.encodeFlush();
  const codes = new Int32Array(body.length + rest.length);
  codes.set(body);
  codes.set(rest, body.length);
  return codes;
}

function join([head, rest]: [Float32Array, Float32Array]): Float32Array {
  const all = new Float32Array(head.length + rest.length);
  all.set(head);
  all.set(rest, head.length);
  return all;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new RangeError(`streamed ${a.length} samples, the trainer ${b.length}`);
  }
  return a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)), 0);
}
