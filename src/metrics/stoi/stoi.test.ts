import { expect, test } from 'vitest';
import { estoi, stoi } from '../index.ts';

/** Reproducible noise, modulated so that it has envelopes to compare. */
function babble(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * (1 + Math.sin(i / (700 + 13 * seed)));
  });
}
const RATE = 16000;
const signal = babble(RATE, 1);
const other = babble(RATE, 2);
const mixed = (gain: number): Float32Array => signal.map((value, i) => value + gain * other[i]!);

test.each([
  ['STOI', stoi],
  ['ESTOI', estoi],
])('%s is 1 for equal signals, level free, and falls with noise', (_, metric) => {
  expect(metric(signal, signal, RATE)).toBeCloseTo(1, 6);
  expect(
    metric(
      signal,
      signal.map((value) => value * 0.01),
      RATE,
    ),
  ).toBeCloseTo(1, 6);
  const little = metric(signal, mixed(0.3), RATE);
  const much = metric(signal, mixed(3), RATE);
  expect(little).toBeLessThan(1);
  expect(much).toBeLessThan(little - 0.05);
});

test.each([8000, 10000, 44100, 48000])('works at %i Hz', (rate) => {
  const reference = babble(rate, 1);
  expect(stoi(reference, reference, rate)).toBeCloseTo(1, 6);
});

test('a silent estimate carries nothing', () => {
  expect(Math.abs(stoi(signal, new Float32Array(RATE), RATE))).toBeLessThan(1e-6);
  // ESTOI sees the noise of the reference implementations, uncorrelated with anything.
  expect(Math.abs(estoi(signal, new Float32Array(RATE), RATE))).toBeLessThan(0.1);
});

test('ESTOI is reproducible although it regularises with noise', () => {
  const gated = signal.map((value, i) => (i > 6000 ? 0 : value));
  expect(estoi(signal, gated, RATE)).toBe(estoi(signal, gated, RATE));
});

const nothing = new Float32Array(0);
test.each([
  ['METRIC_EMPTY', nothing, nothing, RATE],
  ['METRIC_LENGTH_MISMATCH', signal, signal.subarray(1), RATE],
  ['METRIC_NOT_FINITE', signal, signal.slice().fill(NaN, 4, 5), RATE],
  ['METRIC_NOT_FINITE', signal.slice().fill(Infinity, 4, 5), signal, RATE],
  ['METRIC_SILENT', new Float32Array(RATE), signal, RATE],
  ['METRIC_TOO_SHORT', signal.subarray(0, 1), signal.subarray(0, 1), RATE],
  ['METRIC_TOO_SHORT', signal.subarray(0, 5000), signal.subarray(0, 5000), RATE],
  ['METRIC_SAMPLE_RATE', signal, signal, 0],
  ['METRIC_SAMPLE_RATE', signal, signal, NaN],
  ['METRIC_SAMPLE_RATE', signal, signal, 16000.5],
])('refuses with %s', (code, reference, estimate, rate) => {
  for (const metric of [stoi, estoi]) {
    expect(() => metric(reference, estimate, rate)).toThrow(expect.objectContaining({ code }));
  }
});
