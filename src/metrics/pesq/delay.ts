import { nextPowerOfTwo, realFft } from '../fft.ts';
import { ALIGN_HOP, ALIGN_WINDOW, BLOCK_SAMPLES, hannWindow } from './constants.ts';
import type { PaddedSignal } from './signal.ts';

/**
 * Coarse delay: where the degraded envelope best matches reference blocks [from, to), searched around
 * `prior` samples, to a resolution of one block.
 *
 * @returns delay in samples (positive when the degraded signal is late)
 */
export function envelopeDelay(
  reference: Float64Array,
  degraded: Float64Array,
  from: number,
  to: number,
  prior: number,
): number {
  let refStart = from;
  let degStart = from + Math.trunc(prior / BLOCK_SAMPLES);
  if (degStart < 0) {
    refStart = Math.trunc(-prior / BLOCK_SAMPLES);
    degStart = 0;
  }
  const refCount = to - refStart;
  const degCount = Math.min(refCount, degraded.length - degStart);
  if (refCount <= 1 || degCount <= 1) return prior;
  const lag = bestLag(
    reference.subarray(refStart, refStart + refCount),
    degraded.subarray(degStart, degStart + degCount),
  );
  return lag * BLOCK_SAMPLES + prior;
}

/** Coarse delay between two whole envelopes, in samples. */
export function overallDelay(reference: Float64Array, degraded: Float64Array): number {
  return bestLag(reference, degraded) * BLOCK_SAMPLES;
}

/** Lag of the largest positive cross-correlation, 0 if there is none. */
function bestLag(reference: Float64Array, degraded: Float64Array): number {
  const size = 2 * nextPowerOfTwo(Math.max(reference.length, degraded.length));
  const fft = realFft(size);
  const work = new Float64Array(size);
  const refRe = new Float64Array(fft.bins);
  const refIm = new Float64Array(fft.bins);
  const degRe = new Float64Array(fft.bins);
  const degIm = new Float64Array(fft.bins);
  work.set(reference);
  fft.forward(work, refRe, refIm);
  work.fill(0);
  work.set(degraded);
  fft.forward(work, degRe, degIm);
  multiplyByConjugate(degRe, degIm, refRe, refIm);
  fft.inverse(degRe, degIm, work);
  let best = 0;
  let lag = 0;
  for (let i = 1 - reference.length; i < degraded.length; i++) {
    const value = work[i < 0 ? i + size : i]!;
    if (value > best) {
      best = value;
      lag = i;
    }
  }
  return lag;
}

/** a := a * conj(b), element by element. */
function multiplyByConjugate(
  aRe: Float64Array,
  aIm: Float64Array,
  bRe: Float64Array,
  bIm: Float64Array,
): void {
  for (let k = 0; k < aRe.length; k++) {
    const re = aRe[k]! * bRe[k]! + aIm[k]! * bIm[k]!;
    aIm[k] = aIm[k]! * bRe[k]! - aRe[k]! * bIm[k]!;
    aRe[k] = re;
  }
}

/** Half width of the triangle that smooths the delay histogram, about 1 ms. */
const KERNEL = ALIGN_WINDOW / 64;
const WINDOW = hannWindow(ALIGN_WINDOW);
/** Peaks within 1 % of the highest count as equal. */
const PEAK_SHARE = 0.99;

/**
 * Fine delay by a weighted histogram over windows of 64 ms. Each window votes for the lags at which
 * its cross-correlation peaks, with the eighth root of the peak as weight. The histogram is smoothed
 * and its maximum is the delay relative to the one the windows were cut with; the share of all votes
 * it holds is the confidence.
 */
export class DelayHistogram {
  readonly #reference: Float64Array;
  readonly #degraded: Float64Array;
  readonly #votes = new Float64Array(ALIGN_WINDOW);
  #total = 0;

  constructor(reference: PaddedSignal, degraded: PaddedSignal) {
    this.#reference = reference.data;
    this.#degraded = degraded.data;
  }

  clear(): void {
    this.#votes.fill(0);
    this.#total = 0;
  }

  /** Lets the window that starts at the two sample positions vote. */
  add(refStart: number, degStart: number): void {
    const { refRe, refIm, degRe, degIm, work } = scratch;
    const fft = realFft(ALIGN_WINDOW);
    for (let i = 0; i < ALIGN_WINDOW; i++) work[i] = this.#reference[refStart + i]! * WINDOW[i]!;
    fft.forward(work, refRe, refIm);
    for (let i = 0; i < ALIGN_WINDOW; i++) work[i] = this.#degraded[degStart + i]! * WINDOW[i]!;
    fft.forward(work, degRe, degIm);
    multiplyByConjugate(degRe, degIm, refRe, refIm);
    fft.inverse(degRe, degIm, work);
    let peak = 0;
    for (let i = 0; i < ALIGN_WINDOW; i++) peak = Math.max(peak, Math.abs(work[i]!));
    const bar = peak * PEAK_SHARE;
    const weight = bar ** 0.125;
    for (let i = 0; i < ALIGN_WINDOW; i++) {
      if (Math.abs(work[i]!) <= bar) continue;
      this.#votes[i]! += weight;
      this.#total += weight;
    }
  }

  /** @returns offset in samples, -512..511, and confidence 0..1 (0 and 0 when nothing voted) */
  best(): { offset: number; confidence: number } {
    const smooth = scratch.smooth;
    smooth.fill(0);
    for (let i = 0; i < ALIGN_WINDOW; i++) {
      const votes = this.#votes[i]!;
      if (votes === 0) continue;
      for (let k = 1 - KERNEL; k < KERNEL; k++) {
        smooth[(i + k + ALIGN_WINDOW) % ALIGN_WINDOW]! += votes * (1 - Math.abs(k) / KERNEL);
      }
    }
    let most = 0;
    let offset = 0;
    for (let i = 0; i < ALIGN_WINDOW; i++) {
      if (smooth[i]! > most) {
        most = smooth[i]!;
        offset = i;
      }
    }
    if (offset >= ALIGN_WINDOW / 2) offset -= ALIGN_WINDOW;
    return { offset, confidence: this.#total > 0 ? most / this.#total : 0 };
  }
}

const scratch = {
  work: new Float64Array(ALIGN_WINDOW),
  smooth: new Float64Array(ALIGN_WINDOW),
  refRe: new Float64Array(ALIGN_WINDOW / 2 + 1),
  refIm: new Float64Array(ALIGN_WINDOW / 2 + 1),
  degRe: new Float64Array(ALIGN_WINDOW / 2 + 1),
  degIm: new Float64Array(ALIGN_WINDOW / 2 + 1),
};

/**
 * Walks windows forward from `refStart` for as long as they end before `refEnd` and inside the
 * degraded signal, and lets each vote. Both positions are moved on; call again with a later `refEnd`
 * to continue.
 */
export function voteForward(
  histogram: DelayHistogram,
  position: { ref: number; deg: number },
  refEnd: number,
  degEnd: number,
): void {
  while (position.deg + ALIGN_WINDOW <= degEnd && position.ref + ALIGN_WINDOW <= refEnd) {
    histogram.add(position.ref, position.deg);
    position.ref += ALIGN_HOP;
    position.deg += ALIGN_HOP;
  }
}

/** As voteForward, but from the end towards `refFrom`. */
export function voteBackward(
  histogram: DelayHistogram,
  position: { ref: number; deg: number },
  refFrom: number,
): void {
  while (position.deg >= 0 && position.ref >= refFrom) {
    histogram.add(position.ref, position.deg);
    position.ref -= ALIGN_HOP;
    position.deg -= ALIGN_HOP;
  }
}

/** Where to start cutting windows at reference sample `start` when the delay may reach before 0. */
export function windowStart(start: number, delay: number): { ref: number; deg: number } {
  return start + delay < 0 ? { ref: -delay, deg: 0 } : { ref: start, deg: start + delay };
}
