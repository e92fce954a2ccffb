import { expect, it } from 'vitest';
import { cryptoRandom, shuffle } from './random.ts';

it('cryptoRandom gives every number below the limit and no other', () => {
  const seen = new Set(Array.from({ length: 2000 }, () => cryptoRandom(7)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(cryptoRandom(1)).toBe(0);
});

it.each([0, -1, 1.5, NaN, 2 ** 33])('cryptoRandom refuses a limit of %d', (below) => {
  expect(() => cryptoRandom(below)).toThrow(RangeError);
});

it('shuffle reaches every order equally often and keeps its argument', () => {
  const items = ['a', 'b', 'c'];
  const counts = new Map<string, number>();
  // Every pair of draws of Fisher and Yates for three items, once each.
  for (let first = 0; first < 3; first++) {
    for (let second = 0; second < 2; second++) {
      const draws = [first, second];
      const order = shuffle(items, () => draws.shift()!).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
  }
  expect([...counts.values()]).toEqual([1, 1, 1, 1, 1, 1]);
  expect(items).toEqual(['a', 'b', 'c']);
});
