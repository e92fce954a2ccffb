import type { StudyRow } from '../../ipc/app/compare.ts';

/** Columns of the table that can be sorted by. */
export const STUDY_COLUMNS = ['quantizer', 'kbps', 'siSdr', 'stoi', 'pesqWb'] as const;
export type StudyColumn = (typeof STUDY_COLUMNS)[number];

export interface StudySort {
  readonly by: StudyColumn;
  readonly isAscending: boolean;
}

/** @param heardKey what is heard now, as a variant key. @returns whether the row is about it */
export function isHeardRow(row: StudyRow, heardKey: string): boolean {
  const { quantizer, codebooks } = row;
  return heardKey === (codebooks === 0 ? quantizer : `${quantizer}@${codebooks}`);
}

/**
 * @param nameOf how a quantizer is called
 * @returns the rows in order; equal ones by quantizer and rate, so that the order never jumps
 */
export function sortStudy(
  rows: readonly StudyRow[],
  { by, isAscending }: StudySort,
  nameOf: (quantizer: string) => string,
): StudyRow[] {
  const sign = isAscending ? 1 : -1;
  const names = (a: StudyRow, b: StudyRow): number =>
    nameOf(a.quantizer).localeCompare(nameOf(b.quantizer));
  return [...rows].sort((a, b) => {
    const first = by === 'quantizer' ? names(a, b) : a[by] - b[by];
    return first * sign || names(a, b) || a.kbps - b.kbps;
  });
}

/** @returns the best of each quantizer only: its row with the most codebooks */
export function fullRates(rows: readonly StudyRow[]): StudyRow[] {
  const best = new Map<string, StudyRow>();
  for (const row of rows) {
    const known = best.get(row.quantizer);
    if (known === undefined || row.codebooks > known.codebooks) best.set(row.quantizer, row);
  }
  return [...best.values()];
}
