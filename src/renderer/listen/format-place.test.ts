import { expect, it } from 'vitest';
import { formatPlace } from './format-place.ts';

it.each([
  [0, '0:00.0'],
  [0.96, '0:00.9'],
  [0.3, '0:00.3'],
  [62.34, '1:02.3'],
  [3599.99, '59:59.9'],
  [3605, '1:00:05'],
  [-1, '0:00.0'],
])('the place %d', (seconds, text) => {
  expect(formatPlace(seconds)).toBe(text);
});
