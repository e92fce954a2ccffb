/** Frames per split second (320 ms) and the step between two of them. */
const INTERVAL_FRAMES = 20;
const INTERVAL_STEP = INTERVAL_FRAMES / 2;
/** Exponent within a split second: dominated by its worst frames. */
const INTERVAL_POWER = 6;

/**
 * Aggregates frame disturbances over time (P.862, 10.2.10): an L6 norm within each split second, then
 * a weighted L2 norm over the split seconds.
 *
 * @param disturbance one value per frame, up to and including frame `last`
 * @param weight weight of the i-th frame behind `first`
 */
export function aggregateOverTime(
  disturbance: Float64Array,
  weight: Float64Array,
  first: number,
  last: number,
): number {
  let sum = 0;
  let weights = 0;
  for (let start = first; start <= last; start += INTERVAL_STEP) {
    let inner = 0;
    const end = Math.min(last, start + INTERVAL_FRAMES - 1);
    for (let frame = start; frame <= end; frame++) inner += disturbance[frame]! ** INTERVAL_POWER;
    const norm = (inner / INTERVAL_FRAMES) ** (1 / INTERVAL_POWER);
    const w = weight[start - first]!;
    sum += (w * norm) ** 2;
    weights += w * w;
  }
  return Math.sqrt(sum / weights);
}

/** In recordings over 1000 frames (16 s) the beginning counts less: listeners forget it. */
export function timeWeights(frames: number, recordingFrames: number): Float64Array {
  const weights = new Float64Array(frames).fill(1);
  if (frames <= 1000) return weights;
  const fading = Math.min(0.5, (recordingFrames - 1000) / 5500);
  return weights.map((_, frame) => 1 - fading + (fading * frame) / recordingFrames);
}

/** Raw PESQ score from the two aggregated disturbances, -0.5..4.5. */
export function rawScore(symmetric: number, asymmetric: number): number {
  return 4.5 - 0.1 * symmetric - 0.0309 * asymmetric;
}

/** MOS-LQO of the wide-band extension (P.862.2), 1.04..4.64. */
export function wideBandMos(raw: number): number {
  return 0.999 + 4 / (1 + Math.exp(-1.3669 * raw + 3.8224));
}
