import { describe, expect, it } from 'vitest';
import { mean, percentiles, quantileOfSorted, RunningMean } from './statistics.ts';

describe('percentiles', () => {
  it('interpolates as numpy does by default', () => {
    const values = Array.from({ length: 101 }, (_, i) => 100 - i);
    expect(percentiles(values)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
    expect(quantileOfSorted([1, 2, 4, 8], 0.5)).toBe(3);
    expect(quantileOfSorted([1, 2, 4, 8], 0.95)).toBeCloseTo(7.4, 12);
  });

  it('sorts numerically and leaves its input alone', () => {
    const values = [10, 9, 2, 33, 1];
    expect(percentiles(values).p50).toBe(9);
    expect(values).toEqual([10, 9, 2, 33, 1]);
  });

  it('is the value itself for one value', () => {
    expect(percentiles([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7 });
  });

  it('refuses no values and a q outside 0..1', () => {
    expect(() => percentiles([])).toThrow(RangeError);
    expect(() => quantileOfSorted([1], 1.01)).toThrow(RangeError);
    expect(() => quantileOfSorted([1], Number.NaN)).toThrow(RangeError);
  });
});

describe('RunningMean', () => {
  it('matches the two-pass formulas where naive sums of squares lose every digit', () => {
    const values = [4, 7, 13, 16].map((v) => v + 1e9);
    const running = new RunningMean();
    for (const value of values) running.add(value);
    expect(running.count).toBe(4);
    expect(running.mean).toBe(mean(values));
    expect(running.standardDeviation).toBeCloseTo(Math.sqrt(30), 9);
  });

  it('is NaN while undefined, and again after reset', () => {
    const running = new RunningMean();
    expect(running.mean).toBeNaN();
    running.add(3);
    expect(running.mean).toBe(3);
    expect(running.standardDeviation).toBeNaN();
    running.reset();
    expect(running.mean).toBeNaN();
    expect(running.count).toBe(0);
  });
});
