import { correctNeeded, guessingProbability } from './binomial.ts';
import type { RandomBelow } from './random.ts';

/**
 * The ABX test: A and B are known, X is one of them by lot in every trial, the listener says which. States are
 * values; every step gives a new one.
 */

export type AbxSide = 'A' | 'B';

export interface AbxTrial {
  readonly x: AbxSide;
  readonly answer: AbxSide;
  /** From the start of the trial to the answer. */
  readonly seconds: number;
}

export interface AbxOptions {
  /** Decided beforehand: stopping when the count looks good makes chance look like hearing. */
  readonly trials: number;
  /** Tells after each answer whether it was right. Off, nothing is told before the end. */
  readonly hasFeedback: boolean;
}

/** Fewer cannot reach p ≤ 0.05 with a mistake: 5 of 5 gives 0.031, 7 of 8 gives 0.035. */
export const MIN_ABX_TRIALS = 5;
export const MAX_ABX_TRIALS = 100;
/** Below this probability of guessing, the difference counts as heard. */
export const ABX_ALPHA = 0.05;

export interface AbxTest {
  readonly options: AbxOptions;
  /** Of the trial that is being heard; `null` when all are answered. */
  readonly x: AbxSide | null;
  readonly trials: readonly AbxTrial[];
}

export interface AbxResult {
  readonly planned: number;
  readonly trials: number;
  readonly correct: number;
  /** One-sided exact binomial; `null` without an answer. */
  readonly pValue: number | null;
  /** Fewest right answers that would have been enough; `null` when no number of them is. */
  readonly needed: number | null;
  /** - `heard`: p ≤ 0.05. - `open`: not shown, which is not the same as no difference. - `short`: too few trials. */
  readonly verdict: 'heard' | 'open' | 'short';
  /** Given up before the planned number of trials. */
  readonly isCutShort: boolean;
}

/** @throws RangeError for a number of trials that is out of range */
export function startAbx(options: AbxOptions, random: RandomBelow): AbxTest {
  const { trials } = options;
  if (!Number.isInteger(trials) || trials < MIN_ABX_TRIALS || trials > MAX_ABX_TRIALS) {
    throw new RangeError(`an ABX test of ${trials} trials`);
  }
  return { options, x: draw(random), trials: [] };
}

/** @returns the test with this answer and the next X; unchanged when it is over */
export function answerAbx(
  test: AbxTest,
  answer: AbxSide,
  seconds: number,
  random: RandomBelow,
): AbxTest {
  if (test.x === null) return test;
  const trials = [...test.trials, { x: test.x, answer, seconds: Math.max(0, seconds) }];
  return { ...test, trials, x: trials.length < test.options.trials ? draw(random) : null };
}

/** @returns the test ended with the answers given so far */
export const endAbx = (test: AbxTest): AbxTest => ({ ...test, x: null });

/** @returns whether the last answer was right; `null` where that may not be told */
export function abxFeedback(test: AbxTest): boolean | null {
  const last = test.trials.at(-1);
  return last === undefined || !test.options.hasFeedback ? null : last.x === last.answer;
}

/** @throws Error while the test is running: nobody may peek */
export function abxResult(test: AbxTest): AbxResult {
  if (test.x !== null) throw new Error('The test is still running.');
  const trials = test.trials.length;
  const correct = test.trials.filter(({ x, answer }) => x === answer).length;
  const pValue = trials === 0 ? null : guessingProbability(correct, trials);
  const isShort = trials < MIN_ABX_TRIALS;
  return {
    planned: test.options.trials,
    trials,
    correct,
    pValue,
    needed: correctNeeded(trials, ABX_ALPHA),
    verdict: isShort ? 'short' : pValue! <= ABX_ALPHA ? 'heard' : 'open',
    isCutShort: trials < test.options.trials,
  };
}

const draw = (random: RandomBelow): AbxSide => (random(2) === 0 ? 'A' : 'B');
