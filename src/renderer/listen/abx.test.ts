import { describe, expect, it } from 'vitest';
import { abxFeedback, abxResult, answerAbx, endAbx, startAbx, type AbxTest } from './abx.ts';
import type { RandomBelow } from './random.ts';

/** X is A, B, A, B, … */
const alternating = (): RandomBelow => {
  let n = 0;
  return () => n++ % 2;
};

function run(answers: readonly ('A' | 'B')[], trials = answers.length, hasFeedback = false) {
  const random = alternating();
  let test = startAbx({ trials, hasFeedback }, random);
  for (const answer of answers) test = answerAbx(test, answer, 1.5, random);
  return test;
}

describe('an ABX test', () => {
  it('draws X anew in every trial and counts right answers', () => {
    const test = run(['A', 'B', 'A', 'B', 'B', 'B', 'A', 'B']);
    expect(test.trials.map(({ x }) => x).join('')).toBe('ABABABAB');
    expect(abxResult(test)).toEqual({
      planned: 8,
      trials: 8,
      correct: 7,
      pValue: expect.closeTo(9 / 256, 12),
      needed: 7,
      verdict: 'heard',
      isCutShort: false,
    });
  });

  it('does not claim that a difference is absent', () => {
    const result = abxResult(run(['A', 'A', 'A', 'A', 'A', 'A', 'A', 'A']));
    expect(result).toMatchObject({ correct: 4, verdict: 'open' });
    expect(result.pValue).toBeCloseTo(163 / 256, 12);
  });

  it('lets nobody peek while it runs', () => {
    const test = run(['A', 'B'], 10);
    expect(() => abxResult(test)).toThrow('still running');
    expect(abxFeedback(test)).toBeNull();
  });

  it('tells after each answer where that was asked for', () => {
    expect(abxFeedback(run([], 10, true))).toBeNull();
    expect(abxFeedback(run(['A'], 10, true))).toBe(true);
    expect(abxFeedback(run(['A', 'A'], 10, true))).toBe(false);
  });

  it('takes no answer once it is over', () => {
    const test = run(['A', 'B', 'A', 'B', 'A']);
    expect(test.x).toBeNull();
    expect(answerAbx(test, 'B', 1, alternating())).toBe(test);
  });

  it('given up early it says so, and claims nothing from too few', () => {
    const perfect = endAbx(run(['A', 'B', 'A', 'B'], 16));
    expect(abxResult(perfect)).toMatchObject({ verdict: 'short', isCutShort: true, trials: 4 });
    const none = endAbx(run([], 16)) satisfies AbxTest;
    expect(abxResult(none)).toMatchObject({ verdict: 'short', pValue: null, correct: 0 });
  });

  it('a time that runs backwards counts as none', () => {
    const test = answerAbx(
      startAbx({ trials: 5, hasFeedback: false }, () => 0),
      'A',
      -3,
      () => 0,
    );
    expect(test.trials[0]!.seconds).toBe(0);
  });

  it.each([0, 4, 101, 7.5, NaN, Infinity])('refuses %d trials', (trials) => {
    expect(() => startAbx({ trials, hasFeedback: false }, () => 0)).toThrow(RangeError);
  });
});
