/** What the denoisers see of a noisy spectrum. */
import type { Ops } from '../graph/ops.ts';

/** Exponent that magnitudes are compressed with. */
export const COMPRESSION = 0.3;
const POWER_FLOOR = 1e-9;

/**
 * Real and imaginary parts with compressed magnitude, and the power, of the first `used` of `bins` bins,
 * each [frames, used].
 */
export function compressedParts<V>(
  ops: Ops<V>,
  spectrum: V,
  bins: number,
  used: number,
): { real: V; imaginary: V; power: V } {
  const re = ops.columns(spectrum, 0, used);
  const im = ops.columns(spectrum, bins, used);
  const power = ops.addScalar(ops.add(ops.square(re), ops.square(im)), POWER_FLOOR);
  const gain = ops.pow(power, (COMPRESSION - 1) / 2);
  return { real: ops.mul(re, gain), imaginary: ops.mul(im, gain), power };
}

/** ln(power) brought to about −2…2. */
export function logPower<V>(ops: Ops<V>, power: V): V {
  return ops.mulScalar(ops.addScalar(ops.log(power), 9), 0.2);
}
