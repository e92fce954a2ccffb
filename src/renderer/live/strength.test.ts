import { expect, it } from 'vitest';
import { limitToSlider, sliderToLimit, STRENGTH_MAX } from './strength.ts';

it('the last step of the strength slider is no limit, and every step comes back to itself', () => {
  expect(sliderToLimit(STRENGTH_MAX)).toBeNull();
  expect(limitToSlider(null)).toBe(STRENGTH_MAX);
  for (let step = 0; step <= STRENGTH_MAX; step++) {
    expect(limitToSlider(sliderToLimit(step))).toBe(step);
  }
});

it('a limit beyond the slider is not shown as full', () => {
  expect(limitToSlider(80)).toBeLessThan(STRENGTH_MAX);
});
