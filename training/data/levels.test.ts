import { describe, expect, it } from 'vitest';
import { activeRms, activeStretches, gainToDb, rms } from './levels.ts';
import { fakeNoise } from './test-corpus.ts';

const silence = (seconds: number): number[] =>
  new Array<number>(Math.round(seconds * 16000)).fill(0);

describe('activeRms', () => {
  it('is the RMS of steady noise', () => {
    const x = fakeNoise(2, 1);
    expect(Math.abs(gainToDb(activeRms(x, 30) / rms(x)))).toBeLessThan(0.01);
  });

  it('is not lowered by digital silence', () => {
    const burst = fakeNoise(0.5, 1);
    const gated = Float32Array.from([...silence(1), ...burst, ...silence(1)]);
    expect(Math.abs(gainToDb(activeRms(gated, 30) / rms(burst)))).toBeLessThan(0.01);
  });

  it('scales with the signal, however quiet', () => {
    const x = Float32Array.from([...fakeNoise(0.5, 1), ...fakeNoise(0.5, 2).map((v) => v * 0.05)]);
    for (const gain of [1e-3, 0.1, 20]) {
      const scaled = x.map((v) => v * gain);
      expect(activeRms(scaled, 40) / (gain * activeRms(x, 40))).toBeCloseTo(1, 5);
    }
  });

  it('is 0 for silence and for less than a frame', () => {
    expect(activeRms(new Float32Array(16000), 30)).toBe(0);
    expect(activeRms(new Float32Array(10).fill(1), 30)).toBe(0);
  });
});

describe('activeStretches', () => {
  it('finds bursts, closing short gaps and dropping clicks', () => {
    const x = Float32Array.from([
      ...silence(0.5),
      ...fakeNoise(0.3, 1),
      ...silence(0.1), // closed
      ...fakeNoise(0.3, 2),
      ...silence(0.6),
      ...fakeNoise(0.01, 3), // a click: dropped
      ...silence(0.5),
      ...fakeNoise(0.4, 4),
    ]);
    const seconds = activeStretches(x, 30).map((v) => v / 16000);
    expect(seconds).toHaveLength(4);
    for (const [i, want] of [0.5, 1.2, 2.31, 2.71].entries()) {
      expect(Math.abs((seconds[i] ?? 0) - want)).toBeLessThan(0.011);
    }
  });

  it('finds nothing in silence or below −70 dBFS', () => {
    expect(activeStretches(new Float32Array(16000), 30)).toEqual([]);
    expect(
      activeStretches(
        fakeNoise(1, 1).map((v) => v * 1e-3),
        30,
      ),
    ).toEqual([]);
  });
});
