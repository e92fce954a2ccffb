import { shuffle, type RandomBelow } from './random.ts';
import { meanInterval, type MeanInterval } from './student-t.ts';

/**
 * A test in the manner of MUSHRA (ITU-R BS.1534-3): several versions of one sound are rated from 0 to 100 against a
 * known reference; among them, unmarked, are the reference itself and a low-passed anchor. States are values.
 */

/** Which version a stimulus is: a key of the clip's variants, or one of these. */
export const HIDDEN_REFERENCE = '#reference';
export const ANCHOR = '#anchor-3500';

export const MAX_MUSHRA_TRIALS = 10;
/** BS.1534-3, 9.2: more stimuli at a time cannot be judged. */
export const MAX_MUSHRA_CONDITIONS = 10;
/** BS.1534-3, 4.1.2: who rates the hidden reference below this in more than 15 % of the trials is left out. */
export const SCREENING_SCORE = 90;
export const SCREENING_SHARE = 0.15;

export interface MushraStimulus {
  readonly condition: string;
  /** 0..100; `null` while it is unrated. */
  readonly score: number | null;
}

export interface MushraTrial {
  /** In the order shown, which says nothing about what they are. */
  readonly stimuli: readonly MushraStimulus[];
}

export interface MushraTest {
  readonly trials: readonly MushraTrial[];
  /** Index of the one being rated; `trials.length` when all are done. */
  readonly current: number;
}

export interface MushraConditionResult extends MeanInterval {
  readonly condition: string;
  readonly scores: readonly number[];
}

export interface MushraResult {
  readonly trials: number;
  /** Best first. */
  readonly conditions: readonly MushraConditionResult[];
  /** Trials in which the hidden reference got less than {@link SCREENING_SCORE}. */
  readonly screenedTrials: number;
  /** By BS.1534 these ratings would be left out. */
  readonly isScreenedOut: boolean;
}

/**
 * @param conditions without hidden reference and anchor, which are added
 * @throws RangeError for none, too many or twice the same, or a number of trials that is out of range
 */
export function startMushra(
  conditions: readonly string[],
  trials: number,
  random: RandomBelow,
): MushraTest {
  const all = [...conditions, HIDDEN_REFERENCE, ANCHOR];
  if (conditions.length < 1 || conditions.length > MAX_MUSHRA_CONDITIONS) {
    throw new RangeError(`${conditions.length} versions to rate`);
  }
  if (new Set(all).size !== all.length) throw new RangeError('a version that is there twice');
  if (!Number.isInteger(trials) || trials < 1 || trials > MAX_MUSHRA_TRIALS) {
    throw new RangeError(`${trials} trials`);
  }
  return {
    trials: Array.from({ length: trials }, () => ({
      stimuli: shuffle(all, random).map((condition) => ({ condition, score: null })),
    })),
    current: 0,
  };
}

/**
 * Rates one stimulus of the current trial.
 * @param score rounded and clamped to 0..100
 * @throws RangeError for a stimulus that is not there, or a score that is not a number
 */
export function rateMushra(test: MushraTest, stimulus: number, score: number): MushraTest {
  const trial = test.trials[test.current];
  if (trial?.stimuli[stimulus] === undefined) throw new RangeError(`no stimulus ${stimulus}`);
  if (Number.isNaN(score)) throw new RangeError('a score that is not a number');
  const rounded = Math.round(Math.max(0, Math.min(100, score)));
  const stimuli = trial.stimuli.with(stimulus, { ...trial.stimuli[stimulus], score: rounded });
  return { ...test, trials: test.trials.with(test.current, { stimuli }) };
}

/** BS.1534: at least one stimulus has to be rated 100, as one of them is the reference. */
export type MushraObstacle = 'unrated' | 'nothing-at-100';

/** @returns why the trial cannot be left yet; `null` when it can */
export function mushraObstacle(test: MushraTest): MushraObstacle | null {
  const trial = test.trials[test.current];
  if (trial === undefined) return null;
  if (trial.stimuli.some(({ score }) => score === null)) return 'unrated';
  return trial.stimuli.some(({ score }) => score === 100) ? null : 'nothing-at-100';
}

/** @returns the test at its next trial; unchanged while there is an obstacle */
export function advanceMushra(test: MushraTest): MushraTest {
  if (test.current >= test.trials.length || mushraObstacle(test) !== null) return test;
  return { ...test, current: test.current + 1 };
}

/** @throws Error while the test is running */
export function mushraResult(test: MushraTest): MushraResult {
  if (test.current < test.trials.length) throw new Error('The test is still running.');
  const scores = new Map<string, number[]>();
  for (const { stimuli } of test.trials) {
    for (const { condition, score } of stimuli) {
      const list = scores.get(condition) ?? [];
      list.push(score!);
      scores.set(condition, list);
    }
  }
  const conditions = [...scores]
    .map(([condition, list]) => ({ condition, scores: list, ...meanInterval(list) }))
    .sort((a, b) => b.mean - a.mean || a.condition.localeCompare(b.condition));
  const screenedTrials = scores.get(HIDDEN_REFERENCE)!.filter((s) => s < SCREENING_SCORE).length;
  return {
    trials: test.trials.length,
    conditions,
    screenedTrials,
    isScreenedOut: screenedTrials > SCREENING_SHARE * test.trials.length,
  };
}
