import { expect, it } from 'vitest';
import { fromHalfBits, roundToHalf, toHalfBits } from './half.ts';

it.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [65520, 0x7c00],
  [1e9, 0x7c00],
  [-Infinity, 0xfc00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [3 * 2 ** -25, 0x0002],
  [1 / 3, 0x3555],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
])('stores %d as the bits of IEEE 754', (value, bits) => {
  expect(toHalfBits(value)).toBe(bits);
});

it('gives every half-precision number back unchanged', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromHalfBits(bits);
    if (Number.isNaN(value)) expect(fromHalfBits(toHalfBits(value))).toBeNaN();
    else if (toHalfBits(value) !== bits) expect.fail(`${bits} became ${toHalfBits(value)}`);
  }
});

it('is off by at most one part in 2048', () => {
  const values = Float32Array.from(
    { length: 2000 },
    (_, i) => Math.exp(i / 200) * (i % 2 ? 1 : -1),
  );
  roundToHalf(values).forEach((x, i) => {
    expect(Math.abs(x / values[i]! - 1)).toBeLessThanOrEqual(2 ** -11);
  });
});
