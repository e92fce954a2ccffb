import { describe, expect, it } from 'vitest';
import { correctNeeded, guessingProbability } from './binomial.ts';

describe('guessingProbability', () => {
  it.each([
    // Tables of the ABX test: k of n and P(X ≥ k), from the exact binomial sums.
    [5, 5, 1 / 32],
    [7, 8, 9 / 256],
    [9, 10, 11 / 1024],
    [8, 10, 56 / 1024],
    [12, 16, 2517 / 65536],
    [14, 16, 137 / 65536],
    [0, 10, 1],
    [0, 0, 1],
  ])('%i of %i', (correct, trials, expected) => {
    expect(guessingProbability(correct, trials)).toBeCloseTo(expected, 12);
  });

  it('holds where plain arithmetic underflows', () => {
    // 2^-2000 is 0 in a double; half of all outcomes are at or above the middle.
    const middle = guessingProbability(1001, 2001);
    expect(middle).toBeCloseTo(0.5, 9);
    expect(guessingProbability(2000, 2000)).toBe(0);
  });

  it('adds up: P(X ≥ k) + P(X ≥ n − k + 1) = 1 by symmetry', () => {
    for (let k = 1; k <= 25; k++) {
      expect(guessingProbability(k, 25) + guessingProbability(26 - k, 25)).toBeCloseTo(1, 12);
    }
  });

  it.each([
    [-1, 5],
    [6, 5],
    [2.5, 5],
    [NaN, 5],
    [1, Infinity],
    [1, -1],
    [1, 1e9],
  ])('refuses %d of %d', (correct, trials) => {
    expect(() => guessingProbability(correct, trials)).toThrow(RangeError);
  });
});

it('correctNeeded is the least number that is significant, or null', () => {
  expect(correctNeeded(16, 0.05)).toBe(12);
  expect(correctNeeded(10, 0.05)).toBe(9);
  expect(correctNeeded(10, 0.01)).toBe(10);
  expect(correctNeeded(4, 0.05)).toBeNull();
});
