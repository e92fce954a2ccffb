import { describe, expect, it } from 'vitest';
import { siSdr } from '../../src/metrics/index.ts';
import { findLag, realign } from './align.ts';

const RATE = 50_000;

/** Bursts of band-limited noise. */
function sound(seconds: number): (t: number) => number {
  let seed = 7;
  const tones = Array.from({ length: 40 }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    const hz = 100 + (seed / 2_147_483_647) * 3500;
    seed = (seed * 48_271) % 2_147_483_647;
    return { hz, phase: (seed / 2_147_483_647) * 2 * Math.PI };
  });
  return (t) =>
    t < 0 || t > seconds
      ? 0
      : (0.02 + Math.max(0, Math.sin(2 * Math.PI * 0.7 * t))) *
        tones.reduce(
          (sum, { hz, phase }) => sum + 0.02 * Math.sin(2 * Math.PI * hz * t + phase),
          0,
        );
}

describe('realign', () => {
  it.each([0, 20, 200, -700])('takes out a clock that is %i ppm off', (ppm) => {
    const x = sound(4);
    const sent = Float32Array.from({ length: 4 * RATE }, (_, i) => x(i / RATE));
    const delay = 0.4321;
    const heard = Float32Array.from({ length: 6 * RATE }, (_, i) => {
      return x((i / RATE - delay) * (1 + ppm * 1e-6));
    });
    const lag = findLag(heard, sent, RATE);
    expect(Math.abs(lag - delay * RATE)).toBeLessThan(200);
    const { samples, wander } = realign(heard, sent, lag, RATE);
    expect(siSdr(sent, samples)).toBeGreaterThan(18);
    expect(wander).toBeLessThan(Math.abs(ppm) * 1e-6 * 4 * RATE + 2);
  });
});
