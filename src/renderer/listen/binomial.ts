/**
 * One-sided exact binomial test against guessing.
 *
 * @param correct of `trials` answers
 * @returns how likely it is to get at least so many right by tossing a coin: P(X ≥ correct), X ~ B(trials, ½)
 * @throws RangeError for counts that cannot be
 */
export function guessingProbability(correct: number, trials: number): number {
  if (!Number.isInteger(trials) || trials < 0 || trials > 100_000) {
    throw new RangeError(`${trials} trials`);
  }
  if (!Number.isInteger(correct) || correct < 0 || correct > trials) {
    throw new RangeError(`${correct} of ${trials} correct`);
  }
  if (correct === 0) return 1;
  // Logarithms, as 2^−trials underflows; summed from the smallest term up.
  let logTerm = -trials * Math.LN2;
  let sum = Math.exp(logTerm);
  for (let k = trials - 1; k >= correct; k--) {
    logTerm += Math.log((k + 1) / (trials - k));
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

/** @returns the fewest right answers out of `trials` whose probability by guessing is at most `alpha`; `null`: none */
export function correctNeeded(trials: number, alpha: number): number | null {
  for (let correct = 0; correct <= trials; correct++) {
    if (guessingProbability(correct, trials) <= alpha) return correct;
  }
  return null;
}
