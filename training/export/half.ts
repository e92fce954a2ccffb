/** IEEE 754 half precision, which weights are stored in: half the size, relative error up to 2⁻¹¹. */

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** The bits of the nearest half-precision number, ties to even; beyond ±65504 infinite, NaN stays NaN. */
export function toHalfBits(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2⁻¹⁴: a multiple of 2⁻²⁴.
    const scaled = Math.abs(FLOAT[0]) * 2 ** 24;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** The number that half-precision bits stand for. */
export function fromHalfBits(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export function toHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, toHalfBits);
}

/** Whether half precision holds every value exactly. */
export function isHalf(values: Float32Array): boolean {
  return values.every((x) => Object.is(fromHalfBits(toHalfBits(x)), x));
}

/** Every value replaced by the nearest one that half precision can hold. */
export function roundToHalf(values: Float32Array): Float32Array {
  return values.map((x) => fromHalfBits(toHalfBits(x)));
}
