import { describe, expect, it } from 'vitest';
import { Rng, WeightedIndex } from './random.ts';

const draws = (rng: Rng, n: number): number[] => Array.from({ length: n }, () => rng.next());

describe('Rng', () => {
  it('repeats for the same keys and differs for any other', () => {
    const reference = draws(new Rng(1, 2, 3), 20);
    expect(draws(new Rng(1, 2, 3), 20)).toEqual(reference);
    for (const keys of [
      [1, 2, 4],
      [2, 2, 3],
      [1, 3, 2],
      [1, 2],
      [1, 2, 3, 0],
      [1, 2, 3 + 2 ** 32],
    ]) {
      expect(draws(new Rng(...keys), 20)).not.toEqual(reference);
    }
  });

  it('has neighbouring streams that do not resemble each other', () => {
    const first = Array.from({ length: 4000 }, (_, i) => new Rng(7, i).next());
    const mean = first.reduce((a, b) => a + b) / first.length;
    const lag = first
      .slice(1)
      .reduce((sum, v, i) => sum + (v - mean) * ((first[i] ?? 0) - mean), 0);
    const variance = first.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(lag / variance)).toBeLessThan(0.06);
  });

  it('draws uniform, integer and normal values with the right moments', () => {
    const rng = new Rng(3);
    const counts = new Array<number>(5).fill(0);
    let sum = 0;
    let squares = 0;
    let [lowest, highest] = [Infinity, -Infinity];
    for (let i = 0; i < 20000; i++) {
      const n = rng.int(5);
      counts[n] = (counts[n] ?? 0) + 1;
      const u = rng.uniform(-3, -1);
      lowest = Math.min(lowest, u);
      highest = Math.max(highest, u);
      const g = rng.gaussian();
      sum += g;
      squares += g * g;
    }
    expect(lowest).toBeGreaterThanOrEqual(-3);
    expect(lowest).toBeLessThan(-2.99);
    expect(highest).toBeLessThan(-1);
    expect(highest).toBeGreaterThan(-1.01);
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(300);
    expect(Math.abs(sum / 20000)).toBeLessThan(0.03);
    expect(Math.abs(squares / 20000 - 1)).toBeLessThan(0.05);
  });
});

describe('WeightedIndex', () => {
  it('draws in proportion, and never what has no weight', () => {
    const index = new WeightedIndex([0, 1, 0, 3, 0]);
    const rng = new Rng(5);
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) {
      const n = index.draw(rng);
      counts[n] = (counts[n] ?? 0) + 1;
    }
    expect([counts[0], counts[2], counts[4]]).toEqual([0, 0, 0]);
    expect(Math.abs((counts[3] ?? 0) / 8000 - 0.75)).toBeLessThan(0.02);
  });

  it('says when nothing can be drawn', () => {
    expect(new WeightedIndex([]).total).toBe(0);
    expect(new WeightedIndex([0, -1]).total).toBe(0);
  });
});
