import { describe, expect, it } from 'vitest';
import { StreamClock } from './stream-clock.ts';

/** Repeatable numbers in 0…1 (Park and Miller). */
function random(seed: number): () => number {
  let s = seed;
  return () => (s = (s * 48_271) % 2_147_483_647) / 2_147_483_647;
}

interface Run {
  seconds: number;
  ppm: number;
  jitterMs?: (block: number) => number;
  rateHz?: number;
}

/** Feeds 10 ms blocks of a device that is `ppm` fast; times never go back. */
function feed(clock: StreamClock, { seconds, ppm, jitterMs = () => 0 }: Run, startMs = 5000) {
  const frames = clock.nominalRateHz / 100;
  const blockMs = 10 / (1 + ppm * 1e-6);
  let last = startMs;
  for (let k = 1; k <= seconds * 100; k++) {
    last = Math.max(last, startMs + k * blockMs + jitterMs(k));
    clock.add(frames, last);
  }
  return startMs + seconds * 100 * blockMs;
}

describe('StreamClock', () => {
  it.each([-200, 0, 37, 200])('finds %i ppm through jitter', (ppm) => {
    const clock = new StreamClock({ nominalRateHz: 48_000 });
    const next = random(7);
    // Exponential jitter with a mean of 1.5 ms and a stall of 28 ms every 20 s.
    const jitterMs = (k: number) => (k % 2000 === 1999 ? 28 : -1.5 * Math.log(1 - 0.999 * next()));
    feed(clock, { seconds: 60, ppm, jitterMs });
    expect(clock.known).toBe(true);
    expect(Math.abs(clock.deviation * 1e6 - ppm)).toBeLessThan(3);
  });

  it('tells when frames come, without their jitter', () => {
    const clock = new StreamClock({ nominalRateHz: 16_000 });
    const next = random(3);
    const endMs = feed(clock, { seconds: 30, ppm: 150, jitterMs: () => 5 * next() ** 2 });
    // The earliest of 25 blocks is what the line is drawn through: late by a fraction of a ms.
    expect(Math.abs(clock.timeOfMs(480_000) - endMs)).toBeLessThan(0.3);
    expect(Math.abs(clock.framesAt(endMs) - 480_000)).toBeLessThan(16 * 0.3);
    expect(clock.framesAt(clock.timeOfMs(123_456))).toBeCloseTo(123_456, 4);
  });

  it('answers from the first block on, at nominal pace', () => {
    const clock = new StreamClock({ nominalRateHz: 48_000 });
    clock.add(480, 100);
    expect(clock.deviation).toBe(0);
    expect(clock.known).toBe(false);
    expect(clock.timeOfMs(480)).toBeCloseTo(100, 9);
    expect(clock.framesAt(110)).toBeCloseTo(960, 9);
  });

  it('takes a burst of a late block for jitter, not for speed', () => {
    const clock = new StreamClock({ nominalRateHz: 48_000 });
    feed(clock, { seconds: 30, ppm: 0, jitterMs: (k) => (k === 2000 ? 900 : 0) });
    expect(Math.abs(clock.deviation * 1e6)).toBeLessThan(1);
  });

  it('follows a clock that changes its pace, within some seconds', () => {
    const clock = new StreamClock({ nominalRateHz: 48_000 });
    const middleMs = feed(clock, { seconds: 120, ppm: 200 });
    const endMs = feed(clock, { seconds: 30, ppm: -200 }, middleMs);
    expect(Math.abs(clock.deviation * 1e6 + 200)).toBeLessThan(10);
    expect(Math.abs(clock.timeOfMs(clock.frames) - endMs)).toBeLessThan(0.1);
    expect(clock.shifts).toBe(0);
  });

  it('moves its line within three blocks when much was lost', () => {
    const clock = new StreamClock({ nominalRateHz: 48_000 });
    feed(clock, { seconds: 10, ppm: 0 });
    for (let k = 1; k <= 3; k++) clock.add(480, 15_000 + 2000 + 10 * k);
    expect(clock.timeOfMs(clock.frames)).toBeCloseTo(17_030, 6);
    expect(clock.shifts).toBe(1);
  });

  it('waits for blocks that are late but catch up', () => {
    const clock = new StreamClock({ nominalRateHz: 48_000 });
    feed(clock, { seconds: 10, ppm: 0 });
    for (let k = 1; k <= 100; k++) clock.add(480, 15_000 + 1000);
    expect(clock.timeOfMs(clock.frames)).toBeCloseTo(16_000, 6);
    expect(clock.shifts).toBe(0);
  });

  it('moves its line when frames were lost, and keeps its slope', () => {
    const clock = new StreamClock({ nominalRateHz: 48_000 });
    feed(clock, { seconds: 40, ppm: 100 });
    // 60 ms of sound never came.
    feed(clock, { seconds: 20, ppm: 100 }, 5000 + (40_000 + 60) / 1.0001);
    expect(Math.abs(clock.deviation * 1e6 - 100)).toBeLessThan(3);
    expect(clock.timeOfMs(60 * 48_000)).toBeCloseTo(5000 + 60_060 / 1.0001, 0);
  });
});
