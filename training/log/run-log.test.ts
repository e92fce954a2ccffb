import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRunLog, RunLog } from './run-log.ts';

let folder: string;
let time = 0;
const now = (): number => time;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'residua-run-log-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const step = (n: number) => ({
  step: n,
  loss: 1 / n,
  learningRate: 1e-3,
  terms: { waveformDb: -n },
  audioSeconds: 100 + 24 * n,
});
const evaluation = {
  codebooks: 2,
  siSdr: 3,
  cleanSiSdr: 9,
  codes: [{ usage: 1, perplexity: 500, effectiveBits: 9, histogram: new Uint32Array(1024) }],
};

it('goes on at the resumed step, without what was logged beyond it, and adds up the time', () => {
  const path = join(folder, 'new', 'log.jsonl');
  const first = new RunLog(path, 0, 100, now);
  for (const n of [10, 20]) {
    time += 5;
    first.step(step(n));
  }
  first.evaluation(20, evaluation);
  time += 5;
  first.step(step(30));
  appendFileSync(path, '{"step":40,"sec');

  time += 1000;
  const second = new RunLog(path, 20, 0, now);
  expect(readRunLog(path).map((record) => record.step)).toEqual([0, 10, 20, 20]);
  time += 7;
  second.step(step(30));
  const records = readRunLog(path);
  expect(records[0]).toEqual({ step: 0, seconds: 0, audioSeconds: 100 });
  expect(records.at(-1)).toEqual({ ...step(30), seconds: 17 });
  expect(records[3]!.evaluation).toEqual({
    ...evaluation,
    codes: [{ usage: 1, perplexity: 500, effectiveBits: 9 }],
  });
});

it('starts anew at step 0', () => {
  const path = join(folder, 'again.jsonl');
  new RunLog(path, 0, 0, now).step(step(10));
  new RunLog(path, 0, 7, now);
  expect(readRunLog(path)).toEqual([{ step: 0, seconds: 0, audioSeconds: 7 }]);
});

it('resumes a run that was not logged from its beginning', () => {
  const path = join(folder, 'late.jsonl');
  new RunLog(path, 500, 12_000, now).step(step(510));
  expect(readRunLog(path).map((record) => record.step)).toEqual([500, 510]);
});

it('writes lines that are JSON whatever the loss', () => {
  const path = join(folder, 'nan.jsonl');
  new RunLog(path, 0, 0, now).step({ ...step(10), loss: Number.NaN });
  expect(
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).loss),
  ).toEqual([undefined, null]);
});

it('has nothing to read where there is no log', () => {
  expect(readRunLog(join(folder, 'none.jsonl'))).toEqual([]);
});
