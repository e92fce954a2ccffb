import { describe, expect, it } from 'vitest';
import { answerAbx, endAbx, startAbx } from './abx.ts';
import { advanceMushra, rateMushra, startMushra } from './mushra.ts';
import {
  abxToCsv,
  abxToJson,
  mushraToCsv,
  mushraToJson,
  toCsv,
  type TestContext,
} from './results.ts';

const context: TestContext = {
  clip: 'kitchen, "loud"',
  seconds: 10,
  loop: { start: 1, end: 3 },
  isLoudnessMatched: true,
  appVersion: '1.0.0',
  model: 'residua-v1',
  finishedAt: '2026-01-02T03:04:05.000Z',
  labels: { 'rvq@8': 'RVQ 8 kbps', vq: '=HYPERLINK("x")' },
};
const sides = { A: 'rvq@8', B: 'vq' };

describe('results of ABX', () => {
  const test = endAbx(
    answerAbx(
      startAbx({ trials: 5, hasFeedback: false }, () => 0),
      'B',
      2.3456,
      () => 0,
    ),
  );

  it('as CSV: quoted where it must be, and no cell that a spreadsheet would run', () => {
    expect(abxToCsv(test, sides, context)).toBe(
      'clip,trial,a,b,x,answer,correct,seconds\r\n' +
        '"kitchen, ""loud""",1,RVQ 8 kbps,"\'=HYPERLINK(""x"")",A,B,0,2.35\r\n',
    );
  });

  it('as JSON: everything, with the p-value', () => {
    expect(JSON.parse(abxToJson(test, sides, context))).toMatchObject({
      format: 'residua-abx',
      sides,
      trials: 1,
      correct: 0,
      pValue: 1,
      verdict: 'short',
      isCutShort: true,
      isLoudnessMatched: true,
      answers: [{ x: 'A', answer: 'B', seconds: 2.3456 }],
    });
  });
});

describe('results of MUSHRA', () => {
  let test = startMushra(['vq'], 1, () => 0);
  for (const [index, score] of [100, 40, 10].entries()) test = rateMushra(test, index, score);
  test = advanceMushra(test);

  it('as CSV: one row per rating, in the order shown', () => {
    const rows = mushraToCsv(test, context).trimEnd().split('\r\n');
    expect(rows).toHaveLength(4);
    expect(rows[0]).toBe('clip,trial,position,condition,label,score');
    expect(rows.map((row) => row.split(',').at(-1))).toEqual(['score', '100', '40', '10']);
  });

  it('as JSON: means and ratings', () => {
    const json = JSON.parse(mushraToJson(test, context)) as Record<string, unknown>;
    expect(json).toMatchObject({ format: 'residua-mushra', trials: 1 });
    expect(json['conditions']).toHaveLength(3);
    expect(json['ratings']).toHaveLength(1);
  });
});

it.each([
  ['+1', "'+1"],
  ['-cmd', "'-cmd"],
  ['@x', "'@x"],
  ['a\nb', '"a\nb"'],
  ['plain', 'plain'],
  [-5, '-5'],
])('the cell %j', (cell, text) => {
  expect(toCsv([[cell]])).toBe(`${text}\r\n`);
});
