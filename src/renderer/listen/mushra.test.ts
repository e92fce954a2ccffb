import { describe, expect, it } from 'vitest';
import {
  advanceMushra,
  ANCHOR,
  HIDDEN_REFERENCE,
  mushraObstacle,
  mushraResult,
  rateMushra,
  startMushra,
  type MushraTest,
} from './mushra.ts';
import { cryptoRandom } from './random.ts';

/** Rates every trial by condition. */
function rateAll(test: MushraTest, scores: readonly Readonly<Record<string, number>>[]) {
  for (const given of scores) {
    test.trials[test.current]!.stimuli.forEach(({ condition }, index) => {
      test = rateMushra(test, index, given[condition]!);
    });
    test = advanceMushra(test);
  }
  return test;
}

const scores = (rvq: number, reference = 100, anchor = 20) => ({
  rvq,
  [HIDDEN_REFERENCE]: reference,
  [ANCHOR]: anchor,
});

describe('a MUSHRA test', () => {
  it('hides reference and anchor among the others, in a new order for each trial', () => {
    const draws = [0, 0, 0, 3, 2, 1];
    const test = startMushra(['rvq', 'vq'], 2, () => draws.shift()!);
    const orders = test.trials.map(({ stimuli }) => stimuli.map(({ condition }) => condition));
    expect(orders[0]).not.toEqual(orders[1]);
    for (const order of orders) {
      expect([...order].sort()).toEqual([ANCHOR, HIDDEN_REFERENCE, 'rvq', 'vq'].sort());
    }
  });

  it('goes on only when all are rated and something is at 100, as the reference is among them', () => {
    let test = startMushra(['rvq'], 1, cryptoRandom);
    expect(mushraObstacle(test)).toBe('unrated');
    for (const index of [0, 1, 2]) test = rateMushra(test, index, 60);
    expect(mushraObstacle(test)).toBe('nothing-at-100');
    expect(advanceMushra(test)).toBe(test);
    test = rateMushra(test, 1, 100);
    expect(mushraObstacle(test)).toBeNull();
    expect(advanceMushra(test).current).toBe(1);
  });

  it('gives means and 95 % intervals, best first', () => {
    const test = rateAll(startMushra(['rvq'], 3, cryptoRandom), [
      scores(60),
      scores(70),
      scores(80),
    ]);
    const result = mushraResult(test);
    expect(result.conditions.map(({ condition }) => condition)).toEqual([
      HIDDEN_REFERENCE,
      'rvq',
      ANCHOR,
    ]);
    // 10 is the standard deviation; t(0.975, 2) = 4.3027.
    expect(result.conditions[1]).toMatchObject({ mean: 70, scores: [60, 70, 80] });
    expect(result.conditions[1]!.halfWidth).toBeCloseTo((4.3027 * 10) / Math.sqrt(3), 3);
    expect(result.conditions[0]!.halfWidth).toBe(0);
    expect(result).toMatchObject({ trials: 3, screenedTrials: 0, isScreenedOut: false });
  });

  it('has no interval for one trial', () => {
    const result = mushraResult(rateAll(startMushra(['rvq'], 1, cryptoRandom), [scores(50)]));
    expect(result.conditions.every(({ halfWidth }) => halfWidth === null)).toBe(true);
  });

  it('screens out who takes the hidden reference for something else', () => {
    const test = rateAll(startMushra(['rvq'], 2, cryptoRandom), [scores(100, 89), scores(60)]);
    expect(mushraResult(test)).toMatchObject({ screenedTrials: 1, isScreenedOut: true });
    const fine = rateAll(startMushra(['rvq'], 1, cryptoRandom), [scores(100, 90)]);
    expect(mushraResult(fine).isScreenedOut).toBe(false);
  });

  it('one slip in ten trials is within 15 %', () => {
    const trials = Array.from({ length: 10 }, (_, i) => (i === 4 ? scores(100, 40) : scores(50)));
    const result = mushraResult(rateAll(startMushra(['rvq'], 10, cryptoRandom), trials));
    expect(result).toMatchObject({ screenedTrials: 1, isScreenedOut: false });
  });

  it('clamps and rounds scores, and refuses what is none', () => {
    let test = startMushra(['rvq'], 1, cryptoRandom);
    test = rateMushra(test, 0, 1e9);
    test = rateMushra(test, 1, -Infinity);
    test = rateMushra(test, 2, 49.6);
    expect(test.trials[0]!.stimuli.map(({ score }) => score)).toEqual([100, 0, 50]);
    expect(() => rateMushra(test, 0, NaN)).toThrow(RangeError);
    expect(() => rateMushra(test, 3, 50)).toThrow(RangeError);
    expect(() => rateMushra(test, -1, 50)).toThrow(RangeError);
  });

  it('lets nobody peek while it runs', () => {
    expect(() => mushraResult(startMushra(['rvq'], 1, cryptoRandom))).toThrow('still running');
  });

  it.each([
    ['no versions', [], 1],
    ['too many', Array.from({ length: 11 }, (_, i) => `v${i}`), 1],
    ['one twice', ['rvq', 'rvq'], 1],
    ['a second anchor', [ANCHOR], 1],
    ['no trials', ['rvq'], 0],
    ['half a trial', ['rvq'], 1.5],
    ['endless trials', ['rvq'], Infinity],
  ])('refuses %s', (_name, conditions, trials) => {
    expect(() => startMushra(conditions, trials, cryptoRandom)).toThrow(RangeError);
  });
});
