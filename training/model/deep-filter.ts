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

/** Raw network outputs of one tap, each [frames, bins], not yet bounded. */
export interface RawTap<V> {
  real: V;
  imaginary: V;
}

/**
 * @param spectrum [frames, 2·bins], real parts then imaginary parts
 * @param taps newest frame first
 * @returns the filtered spectrum in two parts, each [frames, bins]
 */
export function deepFilter<V>(
  ops: Ops<V>,
  spectrum: V,
  bins: number,
  taps: readonly RawTap<V>[],
): RawTap<V> {
  const history = ops.past('denoise/spectrum', spectrum, 2 * bins, taps.length - 1);
  const parts = taps.map((tap, delay): RawTap<V> => {
    const limit = delay === 0 ? FIRST_TAP_LIMIT : LATER_TAP_LIMIT;
    const frame = ops.delayed(history, delay);
    const re = ops.columns(frame, 0, bins);
    const im = ops.columns(frame, bins, bins);
    const a = ops.mulScalar(ops.tanh(tap.real), limit);
    const b = ops.mulScalar(ops.tanh(tap.imaginary), limit);
    return {
      real: ops.sub(ops.mul(a, re), ops.mul(b, im)),
      imaginary: ops.add(ops.mul(a, im), ops.mul(b, re)),
    };
  });
  return parts.reduce((sum, part) => ({
    real: ops.add(sum.real, part.real),
    imaginary: ops.add(sum.imaginary, part.imaginary),
  }));
}
