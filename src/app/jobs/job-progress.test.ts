import { expect, it } from 'vitest';
import { figuresOf } from './job-progress.ts';

it('tells speed and time left from what has passed', () => {
  expect(figuresOf({ done: 30, total: 120, share: 0.25, elapsedMs: 2000 })).toEqual({
    progress: 0.25,
    seconds: 120,
    secondsLeft: 6,
    speed: 15,
  });
});

it('goes by the share of the file where that does not say how long it is', () => {
  expect(figuresOf({ done: 30, total: null, share: 0.5, elapsedMs: 3000 })).toEqual({
    progress: 0.5,
    seconds: null,
    secondsLeft: 3,
    speed: 10,
  });
});

it('says nothing of the first moment', () => {
  for (const share of [0, 0.01]) {
    const elapsedMs = share === 0 ? 5000 : 10;
    const { secondsLeft, speed } = figuresOf({ done: 0.5, total: 50, share, elapsedMs });
    expect([secondsLeft, speed]).toEqual([null, null]);
  }
});
