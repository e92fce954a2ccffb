/** What streaming needs of a codec session. */
export interface HopProcessor {
  readonly hopSamples: number;
  /** From the first sample in to its enhanced version out, hop buffering included. */
  readonly algorithmicLatencySamples: number;
  processHop(input: Float32Array, out: Float32Array): Promise<void>;
  reset(): void;
}

export interface Streamed {
  /** As long as the input and aligned with it. */
  readonly samples: Float32Array;
  /** Computing time of every hop, ms. */
  readonly hopMs: Float64Array;
}

/**
 * Feeds a recording to the codec the way a live pipeline does: one hop at a time, nothing looked at
 * before its time, silence after the end until the last sample has come out. The codec's delay is then
 * cut from the start.
 * @param samples mono at the codec's rate
 * @param nowMs clock for the computing times
 */
export async function streamHops(
  codec: HopProcessor,
  samples: Float32Array,
  nowMs: () => number = () => performance.now(),
): Promise<Streamed> {
  const { hopSamples } = codec;
  const delaySamples = codec.algorithmicLatencySamples - hopSamples;
  const hops = Math.ceil((samples.length + delaySamples) / hopSamples);
  const output = new Float32Array(hops * hopSamples);
  const hopMs = new Float64Array(hops);
  const input = new Float32Array(hopSamples);
  const enhanced = new Float32Array(hopSamples);
  codec.reset();
  for (let hop = 0; hop < hops; hop++) {
    const at = hop * hopSamples;
    input.fill(0);
    input.set(samples.subarray(at, at + hopSamples));
    const start = nowMs();
    await codec.processHop(input, enhanced);
    hopMs[hop] = nowMs() - start;
    output.set(enhanced, at);
  }
  return { samples: output.slice(delaySamples, delaySamples + samples.length), hopMs };
}
