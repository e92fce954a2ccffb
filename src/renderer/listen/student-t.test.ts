import { expect, it } from 'vitest';
import { meanInterval, studentT95 } from './student-t.ts';

it.each([
  [1, 12.7062],
  [9, 2.2622],
  [30, 2.0423],
  [31, 2.0395],
  [60, 2.0003],
  [120, 1.9799],
  [1e6, 1.96],
])('t(0.975) with %i degrees of freedom', (n, expected) => {
  expect(studentT95(n)).toBeCloseTo(expected, 3);
});

it('meanInterval needs two values for an interval, and one for a mean', () => {
  expect(meanInterval([7])).toEqual({ mean: 7, halfWidth: null });
  expect(meanInterval([1, 3]).halfWidth).toBeCloseTo(12.7062, 4);
  expect(() => meanInterval([])).toThrow(RangeError);
});
