import { describe, expect, it } from 'vitest';
import { HopTimes } from './hop-times.ts';

describe('HopTimes', () => {
  it('has nothing to say before the first hop', () => {
    expect(new HopTimes().percentiles()).toBeNull();
  });

  it('gives percentiles to 1 % over six decades, and the exact maximum', () => {
    const times = new HopTimes();
    const values = Array.from({ length: 10000 }, (_, i) => 0.002 * 1.0015 ** i);
    for (const value of values) times.add(value);
    const { p50, p95, p99, max } = times.percentiles()!;
    for (const [q, actual] of [
      [0.5, p50],
      [0.95, p95],
      [0.99, p99],
    ] as const) {
      const expected = values[Math.ceil(q * values.length) - 1]!;
      expect(Math.abs(actual / expected - 1)).toBeLessThan(0.01);
    }
    expect(max).toBeCloseTo(values.at(-1)!, 3);
    expect(times.count).toBe(10000);
  });

  it('never reports more than the maximum, and takes any value', () => {
    const times = new HopTimes();
    for (const value of [0, 1e-9, 5, 5, 5]) times.add(value);
    const { p50, p99, max } = times.percentiles()!;
    expect(max).toBe(5);
    for (const value of [p50, p99]) {
      expect(value).toBeGreaterThan(4.95);
      expect(value).toBeLessThanOrEqual(5);
    }
    times.add(1e9);
    expect(times.percentiles()!.max).toBe(1e9);
  });
});
