import { describe, expect, it } from 'vitest';
import { Cushion } from './cushion.ts';

/** Observes the same requirement every 10 ms. */
function steady(cushion: Cushion, ms: number, fromMs: number, toMs: number): void {
  for (let at = fromMs; at < toMs; at += 10) cushion.observe(ms, at);
}

describe('Cushion', () => {
  it('has no target before the first pull', () => {
    expect(new Cushion().targetMs(0)).toBeUndefined();
  });

  it('starts with something in hand, for half a minute', () => {
    const cushion = new Cushion();
    steady(cushion, 10, 0, 31_000);
    expect(cushion.targetMs(0)).toBeCloseTo(17, 6);
    expect(cushion.targetMs(29_000)).toBeCloseTo(17, 6);
    expect(cushion.targetMs(31_000)).toBeCloseTo(12, 6);
  });

  it('does not move for jitter that it has in hand, nor for little gain', () => {
    const cushion = new Cushion();
    steady(cushion, 10, 0, 5000);
    cushion.observe(14.9, 5000);
    expect(cushion.targetMs(5000)).toBeCloseTo(17, 6);
    steady(cushion, 13.1, 5010, 66_000);
    expect(cushion.targetMs(66_000)).toBeCloseTo(17, 6);
    steady(cushion, 12.9, 66_000, 97_000);
    expect(cushion.targetMs(97_000)).toBeCloseTo(14.9, 6);
  });

  it('rises at once with what is required, and shrinks back half a minute later', () => {
    const cushion = new Cushion();
    steady(cushion, 10, 0, 40_000);
    cushion.observe(25, 40_000);
    expect(cushion.targetMs(40_000)).toBeCloseTo(27, 6);
    steady(cushion, 10, 40_010, 69_000);
    expect(cushion.targetMs(69_000)).toBeCloseTo(27, 6);
    steady(cushion, 10, 69_000, 73_000);
    expect(cushion.targetMs(73_000)).toBeCloseTo(12, 6);
  });

  it('shrinks in steps that can be worked off', () => {
    const cushion = new Cushion();
    steady(cushion, 10, 0, 5000);
    cushion.observe(60, 5000);
    expect(cushion.targetMs(5000)).toBe(62);
    steady(cushion, 10, 5010, 50_000);
    const seen = [50_000, 55_000, 63_000, 76_000, 89_000].map((at) => cushion.targetMs(at));
    expect(seen).toEqual([47, 47, 32, 17, 12]);
  });

  it('forgets after seconds what the start required', () => {
    const cushion = new Cushion();
    cushion.observe(10, 0);
    cushion.miss(60, 100);
    steady(cushion, 10, 200, 2900);
    expect(cushion.targetMs(2900)).toBe(62);
    steady(cushion, 10, 2900, 3100);
    expect(cushion.targetMs(3100)).toBeCloseTo(17, 6);
    // Only once: what comes later is jitter.
    cushion.miss(60, 3200);
    steady(cushion, 10, 3210, 20_000);
    expect(cushion.targetMs(20_000)).toBe(62);
  });

  it('remembers what was missed for longer each time', () => {
    const cushion = new Cushion();
    const heldMs = (fromMs: number): number => {
      cushion.miss(60, fromMs);
      let at = fromMs;
      while (cushion.targetMs(at)! > 50) cushion.observe(10, (at += 100));
      return at - fromMs;
    };
    steady(cushion, 10, 0, 20_000);
    const first = heldMs(20_000);
    expect(first).toBeGreaterThanOrEqual(30_000);
    expect(first).toBeLessThan(33_000);
    // Twice within the time it is remembered.
    cushion.miss(60, 100_000);
    const second = heldMs(110_000);
    expect(second).toBeGreaterThanOrEqual(60_000);
  });

  it('rises for what is foreseen', () => {
    const cushion = new Cushion();
    steady(cushion, 10, 0, 31_000);
    expect(cushion.targetMs(31_000)).toBeCloseTo(12, 6);
    cushion.foresee(20, 31_000);
    expect(cushion.targetMs(31_000)).toBeCloseTo(22, 6);
  });

  it('forgets', () => {
    const cushion = new Cushion();
    cushion.miss(60, 0);
    cushion.reset();
    expect(cushion.targetMs(1)).toBeUndefined();
    cushion.observe(5, 1);
    expect(cushion.targetMs(1)).toBeCloseTo(12, 6);
  });
});
