import { describe, expect, it } from 'vitest';
import { AdaptiveResampler } from './adaptive-resampler.ts';

const LIVE = { zeroCrossings: 24, stopbandDb: 80 };

const tone = (frequency: number, rate: number, length: number) =>
  Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / rate));

/** Pulls blocks with a speed of each, feeding exactly what is needed. */
function run(
  resampler: AdaptiveResampler,
  input: Float32Array,
  blocks: readonly { length: number; speed: number }[],
): { output: Float32Array; used: number } {
  let used = 0;
  const parts = blocks.map(({ length, speed }) => {
    const need = resampler.needed(length, speed);
    resampler.push(input.subarray(used, used + need));
    used += need;
    const out = new Float32Array(length);
    resampler.pull(out, speed);
    return [...out];
  });
  return { output: Float32Array.from(parts.flat()), used };
}

const blocks = (count: number, length: number, speed: (k: number) => number = () => 1) =>
  Array.from({ length: count }, (_, k) => ({ length, speed: speed(k) }));

function snrDb(expected: Float32Array, actual: Float32Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = 2000; i < actual.length; i++) {
    signal += expected[i]! ** 2;
    noise += (expected[i]! - actual[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe('AdaptiveResampler', () => {
  it.each([
    [16_000, 48_000],
    [16_000, 44_100],
    [16_000, 192_000],
    [16_000, 16_000],
    [16_000, 8000],
    [24_000, 44_100],
  ])('%i to %i Hz keeps a sine in place to 75 dB', (from, to) => {
    for (const frequency of [200, 0.6 * (Math.min(from, to) / 2)]) {
      const { output } = run(
        new AdaptiveResampler(from, to, LIVE),
        tone(frequency, from, from * 2),
        blocks(100, to / 100),
      );
      expect(snrDb(tone(frequency, to, output.length), output)).toBeGreaterThan(75);
    }
  });

  it('consumes input in proportion to speed, to the sample', () => {
    for (const speed of [0.9998, 1, 1.0002, 1.001]) {
      const resampler = new AdaptiveResampler(16_000, 48_000, LIVE);
      const { used } = run(
        resampler,
        new Float32Array(200_000),
        blocks(1000, 480, () => speed),
      );
      expect(Math.abs(used - resampler.lookahead - 160_000 * speed)).toBeLessThan(1e-6);
    }
  });

  it('changes speed without a click', () => {
    // The pitch follows, so the reference is the same sine on the warped time axis.
    const speed = (k: number) => 1 + (k % 7 < 3 ? 500e-6 : -500e-6);
    const { output } = run(
      new AdaptiveResampler(16_000, 48_000, LIVE),
      tone(1000, 16_000, 40_000),
      blocks(200, 480, speed),
    );
    let time = 0;
    const expected = output.map((_, i) => {
      const value = 0.5 * Math.sin(2 * Math.PI * 1000 * time);
      time += speed(Math.floor(i / 480)) / 48_000;
      return value;
    });
    expect(snrDb(expected, output)).toBeGreaterThan(75);
  });

  it('needs no more than its delay ahead', () => {
    const resampler = new AdaptiveResampler(16_000, 48_000, LIVE);
    expect(resampler.delayInputSamples).toBe(24);
    expect(resampler.needed(480, 1)).toBe(Math.ceil(159.667) + 24);
    expect(resampler.needed(0, 1)).toBe(0);
  });

  it('refuses to make sound from nothing, and absurd speeds', () => {
    const resampler = new AdaptiveResampler(16_000, 48_000, LIVE);
    expect(() => resampler.pull(new Float32Array(480), 1)).toThrow(RangeError);
    for (const speed of [0, 1.5, Number.NaN]) {
      expect(() => resampler.needed(480, speed)).toThrow(RangeError);
    }
    expect(() => new AdaptiveResampler(0, 48_000, LIVE)).toThrow(RangeError);
    expect(() => new AdaptiveResampler(16_000, 48_000, { ...LIVE, stopbandDb: 10 })).toThrow(
      RangeError,
    );
  });
});
