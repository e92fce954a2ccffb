/**
 * The bounded complex filter that every denoiser here ends in: for each bin a few complex taps over the last
 * frames of that bin ("deep filtering": Mack & Habets, arXiv:1904.08369; with one tap it is a complex ratio
 * mask, Williamson et al. 2016).
 */
import type { Ops } from '../graph/ops.ts';

/** Largest magnitude of each part (real, imaginary) of the first tap and of the later taps. */
const FIRST_TAP_LIMIT = 1.25;
const LATER_TAP_LIMIT = 0.75;

/** The raw value at which the first tap is 1: bias of an identity start. */
export const IDENTITY = Math.atanh(1 / FIRST_TAP_LIMIT);

/**
 * Raw network outputs → bounded taps.
 * @param raw [frames, 2 · taps · size]: real parts of all taps, newest first, then their imaginary parts
 */
export function boundTaps<V>(ops: Ops<V>, raw: V, taps: number, size: number): V {
  const limits = new Float32Array(2 * taps * size).fill(LATER_TAP_LIMIT);
  limits.fill(FIRST_TAP_LIMIT, 0, size).fill(FIRST_TAP_LIMIT, taps * size, (taps + 1) * size);
  const limit = ops.constant(`limits/${taps}`, limits, [limits.length]);
  return ops.mul(ops.tanh(raw), limit);
}

/** A number for every bin, [frames, bins] each. */
export interface Complex<V> {
  real: V;
  imaginary: V;
}

/**
 * @param spectrum [frames, 2·bins], real parts then imaginary parts
 * @param taps bounded, newest frame first
 * @returns the filtered spectrum
 */
export function deepFilter<V>(
  ops: Ops<V>,
  spectrum: V,
  bins: number,
  taps: readonly Complex<V>[],
): Complex<V> {
  const history = ops.past('denoise/spectrum', spectrum, 2 * bins, taps.length - 1);
  const parts = taps.map((tap, delay): Complex<V> => {
    const frame = ops.delayed(history, delay);
    const [re, im] = ops.split(frame, [bins, bins]);
    const { real: a, imaginary: b } = tap;
    return {
      real: ops.sub(ops.mul(a, re!), ops.mul(b, im!)),
      imaginary: ops.add(ops.mul(a, im!), ops.mul(b, re!)),
    };
  });
  return parts.reduce((sum, part) => ({
    real: ops.add(sum.real, part.real),
    imaginary: ops.add(sum.imaginary, part.imaginary),
  }));
}
