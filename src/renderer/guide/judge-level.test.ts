import { expect, it } from 'vitest';
import { judgeLevel } from './judge-level.ts';

it.each([
  [-120, false, 'quiet'],
  [-40, false, 'low'],
  [-15, false, 'good'],
  [-1, false, 'loud'],
  [-15, true, 'loud'],
] as const)('a peak of %d dB (clipped: %s) is %s', (peakDb, isClipped, judgement) => {
  expect(judgeLevel(peakDb, isClipped)).toBe(judgement);
});
