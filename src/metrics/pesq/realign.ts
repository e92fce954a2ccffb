import { nextPowerOfTwo, realFft } from '../fft.ts';
import { FRAME_HOP, FRAME_SAMPLES, GUARD_SAMPLES } from './constants.ts';
import { frameStart } from './loudness.ts';

/** Frames [first, behind last] with a disturbance that a wrong delay might explain. */
export interface BadInterval {
  readonly first: number;
  readonly end: number;
}

const BAD_DISTURBANCE = 30;
const SMEAR_FRAMES = 2;
const SHORTEST_INTERVAL_FRAMES = 5;
const SEARCH_RANGE = 4 * FRAME_SAMPLES;
const LEAST_CORRELATION = 0.5;

/** Bad intervals of at least five frames that end before the recording does. */
export function findBadIntervals(symmetric: Float64Array): BadInterval[] {
  const bad = Uint8Array.from(symmetric, (value, frame) =>
    frame > 0 && value > BAD_DISTURBANCE ? 1 : 0,
  );
  // A frame is taken along when bad ones lie within two frames on both sides of it.
  const smeared = new Uint8Array(bad.length);
  for (let frame = SMEAR_FRAMES; frame < bad.length - 1 - SMEAR_FRAMES; frame++) {
    const left = bad.subarray(frame - SMEAR_FRAMES, frame + 1).includes(1);
    const right = bad.subarray(frame, frame + SMEAR_FRAMES + 1).includes(1);
    smeared[frame] = left && right ? 1 : 0;
  }
  const intervals: BadInterval[] = [];
  let first = -1;
  for (let frame = 0; frame < smeared.length; frame++) {
    if (smeared[frame] && first < 0) first = frame;
    if (!smeared[frame] && first >= 0) {
      if (frame - first >= SHORTEST_INTERVAL_FRAMES) intervals.push({ first, end: frame });
      first = -1;
    }
  }
  return intervals;
}

/**
 * Looks for a better delay within each bad interval and returns the degraded signal with these
 * intervals moved.
 *
 * @param reference, degraded padded data; the degraded one already moved by its utterances' delays
 * @param guarded guarded length of both
 */
export function realignIntervals(
  reference: Float64Array,
  degraded: Float64Array,
  guarded: number,
  intervals: readonly BadInterval[],
): Float64Array {
  const moved = degraded.slice();
  for (const { first, end } of intervals) {
    const from = frameStart(first);
    const to = frameStart(end) + FRAME_SAMPLES;
    const delay = intervalDelay(reference, degraded, from, to);
    for (let i = from; i < to; i++) {
      moved[i] = degraded[Math.min(guarded - 1, Math.max(0, i + delay))]!;
    }
  }
  return moved;
}

/** Delay, within +-2048 samples, of the best correlation of the magnitudes; 0 if it is under 0.5. */
function intervalDelay(
  reference: Float64Array,
  degraded: Float64Array,
  from: number,
  to: number,
): number {
  const count = to - from + 2 * SEARCH_RANGE;
  const size = nextPowerOfTwo(2 * count);
  const ref = new Float64Array(size);
  const deg = new Float64Array(size);
  const lastSample = degraded.length - GUARD_SAMPLES - 1;
  for (let i = 0; i < count; i++) {
    const position = from - SEARCH_RANGE + i;
    if (position >= from && position < to) ref[i] = Math.abs(reference[position]!);
    deg[i] = Math.abs(degraded[Math.min(lastSample, Math.max(GUARD_SAMPLES, position))]!);
  }
  const refEnergy = ref.reduce((sum, value) => sum + value * value, 0);
  const degEnergy = deg.reduce((sum, value) => sum + value * value, 0);
  if (refEnergy <= 1e-6 * size || degEnergy <= 1e-6 * size) return 0;

  const fft = realFft(size);
  const refRe = new Float64Array(fft.bins);
  const refIm = new Float64Array(fft.bins);
  const degRe = new Float64Array(fft.bins);
  const degIm = new Float64Array(fft.bins);
  fft.forward(ref, refRe, refIm);
  fft.forward(deg, degRe, degIm);
  for (let k = 0; k < fft.bins; k++) {
    const re = refRe[k]! * degRe[k]! + refIm[k]! * degIm[k]!;
    degIm[k] = refRe[k]! * degIm[k]! - refIm[k]! * degRe[k]!;
    degRe[k] = re;
  }
  const correlation = ref;
  fft.inverse(degRe, degIm, correlation);
  let best = 0;
  let delay = 0;
  for (let lag = -SEARCH_RANGE; lag < SEARCH_RANGE; lag++) {
    const value = Math.abs(correlation[lag < 0 ? lag + size : lag]!);
    if (value > best) {
      best = value;
      delay = lag;
    }
  }
  return best / Math.sqrt(refEnergy * degEnergy) < LEAST_CORRELATION ? 0 : delay;
}

/** Number of hops a position in samples lies behind the guard, rounded towards zero. */
export function hopsBehindGuard(sample: number): number {
  return Math.trunc((sample - GUARD_SAMPLES) / FRAME_HOP);
}
