import { expect, it } from 'vitest';
import { fullRates, isHeardRow, sortStudy } from './study-rows.ts';

const row = (quantizer: string, codebooks: number, siSdr: number) => ({
  quantizer,
  codebooks,
  kbps: codebooks,
  siSdr,
  siSdrImprovement: 0,
  stoi: 0.8,
  pesqWb: 2,
});
const ROWS = [row('vq', 1, 3), row('rvq', 8, 8), row('rvq', 1, 3), row('none', 0, 9)];
const ids = (rows: typeof ROWS) =>
  rows.map(({ quantizer, codebooks }) => `${quantizer}${codebooks}`);
const nameOf = (id: string) => id.toUpperCase();

it('sorts by numbers and names, equal rows always in the same order', () => {
  expect(ids(sortStudy(ROWS, { by: 'siSdr', isAscending: false }, nameOf))).toEqual([
    'none0',
    'rvq8',
    'rvq1',
    'vq1',
  ]);
  expect(ids(sortStudy(ROWS, { by: 'quantizer', isAscending: true }, nameOf))).toEqual([
    'none0',
    'rvq1',
    'rvq8',
    'vq1',
  ]);
  expect(ids(ROWS)).toEqual(['vq1', 'rvq8', 'rvq1', 'none0']);
});

it('fullRates keeps one row of each quantizer', () => {
  expect(ids(fullRates(ROWS))).toEqual(['vq1', 'rvq8', 'none0']);
});

it('isHeardRow knows rates and what has none', () => {
  expect(isHeardRow(ROWS[1]!, 'rvq@8')).toBe(true);
  expect(isHeardRow(ROWS[1]!, 'rvq@1')).toBe(false);
  expect(isHeardRow(ROWS[3]!, 'none')).toBe(true);
  expect(isHeardRow(ROWS[3]!, 'noisy')).toBe(false);
});
