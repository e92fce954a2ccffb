import { describe, expect, it } from 'vitest';
import { integratedLoudness } from './loudness.ts';

function sine(hz: number, dbfs: number, seconds: number, rate = 48_000): Float32Array {
  const amplitude = 10 ** (dbfs / 20);
  return Float32Array.from(
    { length: Math.round(seconds * rate) },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rate),
  );
}

function join(...parts: Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

describe('integrated loudness', () => {
  // BS.1770-4: a full-scale sine of 997 Hz in one channel reads −3.01 LKFS.
  it.each([16_000, 44_100, 48_000])('of a 997 Hz sine is its level − 3.01 at %i Hz', (rate) => {
    expect(integratedLoudness(sine(997, 0, 2, rate), rate)).toBeCloseTo(-3.01, 1);
    expect(integratedLoudness(sine(997, -20, 2, rate), rate)).toBeCloseTo(-23.01, 1);
  });

  it('weighs what ears do not hear well', () => {
    const at = (hz: number): number => integratedLoudness(sine(hz, -20, 2), 48_000);
    // Annex 1, figures 2 and 4: the shelf gives +4 dB, the high-pass takes away more than 6 dB below 40 Hz.
    expect(at(8000) - at(997)).toBeGreaterThan(2.5);
    expect(at(8000) - at(997)).toBeLessThan(4);
    expect(at(30) - at(997)).toBeLessThan(-6);
  });

  // EBU Tech 3341, cases 3 and 4, for one channel: −23 dBFS reads −26.01 instead of −23 LUFS.
  it('leaves out what is far quieter than the rest', () => {
    const quietEnds = join(sine(1000, -36, 10), sine(1000, -23, 60), sine(1000, -36, 10));
    expect(Math.abs(integratedLoudness(quietEnds, 48_000) + 26.01)).toBeLessThan(0.1);
    const silentEnds = join(
      sine(1000, -72, 10),
      sine(1000, -36, 10),
      sine(1000, -23, 60),
      sine(1000, -36, 10),
      sine(1000, -72, 10),
    );
    expect(Math.abs(integratedLoudness(silentEnds, 48_000) + 26.01)).toBeLessThan(0.1);
  });

  it('follows a change of level exactly', () => {
    const loud = sine(500, -12, 1.5);
    const quiet = loud.map((value) => value / 4);
    const difference = integratedLoudness(loud, 48_000) - integratedLoudness(quiet, 48_000);
    expect(difference).toBeCloseTo(20 * Math.log10(4), 3);
  });

  it('is −Infinity for silence and nothing, a value for less than a block', () => {
    expect(integratedLoudness(new Float32Array(48_000), 48_000)).toBe(-Infinity);
    expect(integratedLoudness(new Float32Array(0), 48_000)).toBe(-Infinity);
    expect(integratedLoudness(sine(997, -20, 0.2), 48_000)).toBeCloseTo(-23, 0);
  });

  it('refuses NaN', () => {
    expect(() => integratedLoudness(Float32Array.of(0, Number.NaN), 48_000)).toThrow(/NaN/);
  });
});
