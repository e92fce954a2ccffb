import { expect, test } from 'vitest';
import { siSdr, siSdrImprovement } from './index.ts';

const N = 1600;
const sine = (periods: number, gain = 1): Float32Array =>
  Float32Array.from({ length: N }, (_, i) => gain * Math.sin((2 * Math.PI * periods * i) / N));
const sum = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value + b[i]!);

test('equals the energy ratio when the distortion is orthogonal to the reference', () => {
  expect(siSdr(sine(10), sum(sine(10), sine(20, 0.1)))).toBeCloseTo(20, 4);
  expect(siSdr(sine(10), sum(sine(10), sine(20, 2)))).toBeCloseTo(-6.0206, 4);
});

test('does not depend on the level, sign or offset of the estimate', () => {
  const estimate = sum(sine(10), sine(20, 0.3));
  const expected = siSdr(sine(10), estimate);
  for (const gain of [1e-3, 7, -1]) {
    const scaled = estimate.map((value) => gain * value + 0.25);
    expect(siSdr(sine(10), scaled)).toBeCloseTo(expected, 2);
  }
});

test('a scaled copy of the reference has next to no distortion', () => {
  expect(siSdr(sine(10), sine(10, 0.5))).toBeGreaterThan(100);
});

test('improvement is the difference to the unprocessed signal', () => {
  const noisy = sum(sine(10), sine(20, 0.1));
  const better = sum(sine(10), sine(20, 0.01));
  expect(siSdrImprovement(sine(10), noisy, better)).toBeCloseTo(20, 3);
});

test.each([
  ['METRIC_EMPTY', new Float32Array(0), new Float32Array(0)],
  ['METRIC_EMPTY', sine(1), new Float32Array(0)],
  ['METRIC_LENGTH_MISMATCH', sine(1), sine(1).subarray(1)],
  ['METRIC_NOT_FINITE', sine(1), sine(1).fill(NaN, 5, 6)],
  ['METRIC_NOT_FINITE', sine(1).fill(-Infinity, 9, 10), sine(1)],
  ['METRIC_SILENT', new Float32Array(N), sine(1)],
  ['METRIC_SILENT', sine(1), new Float32Array(N).fill(0.5)],
  ['METRIC_SILENT', new Float32Array(1).fill(1), new Float32Array(1).fill(1)],
])('refuses with %s', (code, reference, estimate) => {
  expect(() => siSdr(reference, estimate)).toThrow(expect.objectContaining({ code }));
});
