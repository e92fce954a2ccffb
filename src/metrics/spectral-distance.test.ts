import { expect, test } from 'vitest';
import { logSpectralDistance } from './index.ts';

/** Reproducible white noise, -0.5..0.5. */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

test('is zero for equal signals and the level difference for a scaled one', () => {
  const signal = noise(8000, 1);
  expect(logSpectralDistance(signal, signal)).toBe(0);
  const half = signal.map((value) => value / 2);
  expect(logSpectralDistance(signal, half)).toBeCloseTo(20 * Math.log10(2), 4);
});

test('grows with the disturbance and is symmetric', () => {
  const signal = noise(8000, 1);
  const added = (gain: number): Float32Array => {
    const other = noise(8000, 2);
    return signal.map((value, i) => value + gain * other[i]!);
  };
  const little = logSpectralDistance(signal, added(0.1));
  const much = logSpectralDistance(signal, added(1));
  expect(little).toBeGreaterThan(0);
  expect(much).toBeGreaterThan(2 * little);
  expect(logSpectralDistance(added(1), signal)).toBeCloseTo(much, 10);
});

test('digital silence stays finite', () => {
  const value = logSpectralDistance(noise(4000, 3), new Float32Array(4000));
  expect(value).toBeGreaterThan(50);
  expect(value).toBeLessThan(120);
});

test.each([
  ['METRIC_EMPTY', new Float32Array(0), new Float32Array(0)],
  ['METRIC_TOO_SHORT', noise(511, 1), noise(511, 1)],
  ['METRIC_LENGTH_MISMATCH', noise(600, 1), noise(601, 1)],
  ['METRIC_NOT_FINITE', noise(600, 1), noise(600, 1).fill(Infinity, 3, 4)],
])('refuses with %s', (code, reference, estimate) => {
  expect(() => logSpectralDistance(reference, estimate)).toThrow(expect.objectContaining({ code }));
});
