import { beforeAll, describe, expect, it } from 'vitest';
import { createPair } from '../../../test/fixtures/metrics/pairs.ts';
import { ResiduaError } from '../../common/errors.ts';
import { pesqWb } from './pesq.ts';

/** Agreement with the ITU reference is tested in reference.test.ts; here is how pesqWb behaves. */

const RATE = 16000;
let clean: Float32Array;
let noisy: Float32Array;

beforeAll(async () => {
  const id = 'snr-05_08/noisy';
  const pair = await createPair({ id, recording: 'snr-05_08', degradation: 'noisy' });
  clean = pair.reference;
  noisy = pair.degraded;
});

describe('the score', () => {
  it('is the scale maximum for the reference itself, at any level and delay', () => {
    const best = pesqWb(clean, clean, RATE);
    expect(best).toBeCloseTo(4.6439, 3);
    expect(
      pesqWb(
        clean,
        clean.map((value) => -value * 0.003),
        RATE,
      ),
    ).toBeCloseTo(best, 3);
    const delayed = new Float32Array(clean.length + 2500);
    delayed.set(clean, 2500);
    expect(pesqWb(clean, delayed, RATE)).toBeCloseTo(best, 2);
  });

  it('falls as noise rises', () => {
    const scores = [0, 0.03, 0.1, 0.3, 1].map((amount) =>
      pesqWb(
        clean,
        clean.map((value, i) => value + amount * (noisy[i]! - value)),
        RATE,
      ),
    );
    for (let i = 1; i < scores.length; i++) expect(scores[i]).toBeLessThan(scores[i - 1]!);
    expect(scores.at(-1)).toBeLessThan(1.2);
  });

  it('leaves its arguments unchanged and does not depend on earlier calls', () => {
    const [before, first] = [noisy.slice(), pesqWb(clean, noisy, RATE)];
    pesqWb(noisy, clean, RATE);
    expect(pesqWb(clean, noisy, RATE)).toBe(first);
    expect(noisy).toEqual(before);
  });
});

const sine = (length: number, hz: number, gain = 0.5): Float32Array =>
  Float32Array.from({ length }, (_, i) => gain * Math.sin((2 * Math.PI * hz * i) / RATE));

describe('input without a score', () => {
  it.each([
    ['METRIC_EMPTY', new Float32Array(0), sine(RATE, 500), RATE],
    ['METRIC_EMPTY', sine(RATE, 500), new Float32Array(0), RATE],
    ['METRIC_TOO_SHORT', sine(3999, 500), sine(3999, 500), RATE],
    ['METRIC_TOO_SHORT', sine(1, 500), sine(RATE, 500), RATE],
    ['METRIC_SILENT', new Float32Array(RATE), sine(RATE, 500), RATE],
    ['METRIC_SILENT', sine(RATE, 500), new Float32Array(RATE), RATE],
    ['METRIC_NOT_FINITE', sine(RATE, 500).fill(NaN, 9, 10), sine(RATE, 500), RATE],
    ['METRIC_NOT_FINITE', sine(RATE, 500), sine(RATE, 500).fill(Infinity, 0, 1), RATE],
    ['METRIC_SAMPLE_RATE', sine(RATE, 500), sine(RATE, 500), 8000],
    ['METRIC_SAMPLE_RATE', sine(RATE, 500), sine(RATE, 500), 48000],
  ])('is refused with %s', (code, reference, degraded, rate) => {
    expect(() => pesqWb(reference, degraded, rate)).toThrow(expect.objectContaining({ code }));
  });

  it('never ends in NaN, a score off the scale or an untyped error', () => {
    const click = (at: number): Float32Array => new Float32Array(RATE).fill(1, at, at + 1);
    const signals = [
      sine(4000, 1000),
      sine(RATE, 60),
      sine(RATE, 7900),
      sine(3 * RATE, 1000, 1e-30),
      sine(RATE, 1000, 3e38),
      new Float32Array(RATE).fill(1),
      click(0),
      click(8000),
      click(15999),
      clean.subarray(0, 4000),
      clean.subarray(0, 30000),
    ];
    const against = [sine(4000, 1000), click(8000), sine(RATE, 7900), noisy.subarray(0, 20000)];
    const codes = new Set<string>();
    for (const reference of signals) {
      for (const degraded of against) {
        let score: number;
        try {
          score = pesqWb(reference, degraded, RATE);
        } catch (error) {
          expect(error).toBeInstanceOf(ResiduaError);
          codes.add((error as ResiduaError).code);
          continue;
        }
        expect(score).toBeGreaterThan(1);
        expect(score).toBeLessThan(4.65);
      }
    }
    expect([...codes].filter((code) => !code.startsWith('METRIC_'))).toEqual([]);
  });
});
