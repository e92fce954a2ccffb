import { expect, test } from 'vitest';
import { codebookUsage } from './index.ts';

test('an evenly used codebook reaches its full size and bits', () => {
  const codes = Int32Array.from({ length: 64 }, (_, i) => i % 16);
  const result = codebookUsage(codes, 16);
  expect(result.usage).toBe(1);
  expect(result.perplexity).toBeCloseTo(16, 10);
  expect(result.effectiveBits).toBeCloseTo(4, 10);
  expect([...result.histogram]).toEqual(new Array(16).fill(4));
});

test('follows the entropy when entries are used unevenly', () => {
  // p = 1/2, 1/4, 1/4: 1.5 bits
  const result = codebookUsage([7, 7, 0, 3], 8);
  expect(result.usage).toBe(3 / 8);
  expect(result.effectiveBits).toBeCloseTo(1.5, 12);
  expect(result.perplexity).toBeCloseTo(2 ** 1.5, 12);
});

test('one single entry carries nothing', () => {
  const result = codebookUsage([5, 5, 5], 1024);
  expect(result).toMatchObject({ usage: 1 / 1024, perplexity: 1, effectiveBits: 0, count: 3 });
});

test('absent codes do not count', () => {
  expect(codebookUsage([-1, 2, -1, 3], 4)).toMatchObject({ count: 2, perplexity: 2 });
  expect(codebookUsage([-1, -1], 4)).toMatchObject({ count: 0, usage: 0, perplexity: 0 });
  expect(codebookUsage([], 4)).toMatchObject({ count: 0, usage: 0, effectiveBits: 0 });
});

test.each([[[4]], [[-2]], [[0.5]], [[NaN]]])('refuses codes %j outside the codebook', (codes) => {
  expect(() => codebookUsage(codes, 4)).toThrow(expect.objectContaining({ code: 'CODE_RANGE' }));
});

test.each([0, -1, 1.5, NaN, Infinity])('refuses codebook size %s', (size) => {
  expect(() => codebookUsage([0], size)).toThrow(expect.objectContaining({ code: 'CODE_SIZE' }));
});
