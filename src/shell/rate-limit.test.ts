import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

describe('RateLimit', () => {
  it('lets a burst through, then as many as come back with time, and saves up no more than a burst', () => {
    let now = 0;
    const rate = new RateLimit(10, 5, () => now);
    const count = (tries: number): number =>
      Array.from({ length: tries }, () => rate.take()).filter(Boolean).length;
    expect(count(20)).toBe(5);
    now += 1000;
    expect(count(20)).toBe(5);
    now += 200;
    expect(count(20)).toBe(2);
    now += 1e9;
    expect(count(20)).toBe(5);
  });
});
