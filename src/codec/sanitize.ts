/**
 * Keeps broken samples out of the graphs: one NaN would stay in the recurrent state for good.
 */

/** Samples louder than this (60 dB above full scale) are no audio and could overflow a graph's powers. */
export const SAMPLE_LIMIT = 1000;

/**
 * Copies `input` into `out`; NaN and ±infinity become 0, larger magnitudes than `SAMPLE_LIMIT` are
 * limited to it.
 * @param out at least as long as `input`
 * @returns how many samples were changed
 */
export function sanitize(input: Float32Array, out: Float32Array): number {
  let changed = 0;
  for (let i = 0; i < input.length; i++) {
    const sample = input[i]!;
    if (sample >= -SAMPLE_LIMIT && sample <= SAMPLE_LIMIT) {
      out[i] = sample;
    } else {
      changed += 1;
      out[i] = Number.isFinite(sample) ? Math.sign(sample) * SAMPLE_LIMIT : 0;
    }
  }
  return changed;
}
