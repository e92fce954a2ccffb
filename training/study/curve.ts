/** A training curve short enough to commit. */
import type { LogRecord } from '../log/run-log.ts';
import type { RunResult } from './result.ts';

export const MOST_POINTS = 200;

/**
 * @returns per point its step, the mean training loss since the point before, and at evaluations the SI-SDR in dB of the
 * test pairs with all codebooks; at most {@link MOST_POINTS}
 */
export function curveOf(records: readonly LogRecord[]): RunResult['curve'] {
  const losses = records.filter((record) => record.loss !== undefined);
  const tests = new Map<number, number>();
  const most = Math.max(0, ...records.map(({ evaluation }) => evaluation?.codebooks ?? 0));
  for (const { step, evaluation } of records) {
    if (evaluation?.codebooks === most) tests.set(step, evaluation.siSdr);
  }
  const kept = thinned([...tests.keys()], MOST_POINTS / 2);
  const room = MOST_POINTS - kept.length;
  const ends = new Set([
    ...kept,
    ...thinned(
      losses.map(({ step }) => step),
      room,
    ),
  ]);

  let sum = 0;
  let count = 0;
  let at = 0;
  return [...ends]
    .sort((a, b) => a - b)
    .map((step) => {
      for (; at < losses.length && losses[at]!.step <= step; at++) {
        const { loss } = losses[at]!;
        if (typeof loss !== 'number') continue;
        sum += loss;
        count++;
      }
      const mean = count === 0 ? null : rounded(sum / count);
      sum = count = 0;
      const siSdr = tests.get(step);
      return siSdr === undefined ? [step, mean] : [step, mean, rounded(siSdr)];
    });
}

/** At most `most` of the values, evenly spread, the last one included. */
function thinned(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values];
  return Array.from(
    { length: most },
    (_, i) => values[Math.ceil(((i + 1) * values.length) / most) - 1]!,
  );
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
