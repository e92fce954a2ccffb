import { abxResult, type AbxTest } from './abx.ts';
import { mushraResult, type MushraTest } from './mushra.ts';

/** Results of listening tests as files: JSON with everything, CSV with one row per answer. */

export interface TestContext {
  /** Of the clip. */
  readonly clip: string;
  readonly seconds: number;
  /** What was played over and over, s. */
  readonly loop: { readonly start: number; readonly end: number } | null;
  readonly isLoudnessMatched: boolean;
  readonly appVersion: string;
  readonly model: string | null;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** What the keys of the versions are called. */
  readonly labels: Readonly<Record<string, string>>;
}

export function abxToJson(
  test: AbxTest,
  sides: { readonly A: string; readonly B: string },
  context: TestContext,
): string {
  return toJson({
    format: 'residua-abx',
    formatVersion: 1,
    ...context,
    sides,
    ...abxResult(test),
    hasFeedback: test.options.hasFeedback,
    answers: test.trials,
  });
}

export function abxToCsv(
  test: AbxTest,
  sides: { readonly A: string; readonly B: string },
  { clip, labels }: TestContext,
): string {
  return toCsv([
    ['clip', 'trial', 'a', 'b', 'x', 'answer', 'correct', 'seconds'],
    ...test.trials.map(({ x, answer, seconds }, index) => [
      clip,
      index + 1,
      labels[sides.A] ?? sides.A,
      labels[sides.B] ?? sides.B,
      x,
      answer,
      x === answer ? 1 : 0,
      Number(seconds.toFixed(2)),
    ]),
  ]);
}

export function mushraToJson(test: MushraTest, context: TestContext): string {
  return toJson({
    format: 'residua-mushra',
    formatVersion: 1,
    ...context,
    ...mushraResult(test),
    ratings: test.trials.map(({ stimuli }) => stimuli),
  });
}

export function mushraToCsv(test: MushraTest, { clip, labels }: TestContext): string {
  return toCsv([
    ['clip', 'trial', 'position', 'condition', 'label', 'score'],
    ...test.trials.flatMap(({ stimuli }, trial) =>
      stimuli.map(({ condition, score }, position) => [
        clip,
        trial + 1,
        position + 1,
        condition,
        labels[condition] ?? condition,
        score ?? '',
      ]),
    ),
  ]);
}

type Cell = string | number;

/** RFC 4180. */
export function toCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(cellText).join(',') + '\r\n').join('');
}

function cellText(cell: Cell): string {
  if (typeof cell === 'number') return String(cell);
  // Names come from files: a spreadsheet must not take one for a formula.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
