import { expect, it } from 'vitest';
import type { Recording } from '../../ipc/app/library.ts';
import { listRecordings, RECORDING_SORTS } from './recordings-list.ts';

const recording = (id: string, change: Partial<Recording> = {}): Recording => ({
  id,
  name: id,
  startedAt: '2026-01-01T10:00:00Z',
  seconds: 1,
  bytes: 1,
  sampleRateHz: 16_000,
  quantizers: [{ id: 'rvq', codebooks: 8, kbps: 8 }],
  has: { raw: true, enhanced: true, codes: true },
  isRecording: false,
  isRecovered: false,
  problem: null,
  ...change,
});
const ALL = [
  recording('Take 10', { seconds: 5, startedAt: '2026-01-03T10:00:00Z' }),
  recording('Take 2', { bytes: 9, startedAt: '2026-01-02T10:00:00Z' }),
  recording('Übung', { quantizers: [{ id: 'fsq', codebooks: 1, kbps: 1 }] }),
];
const NONE = new Set<string>();
const names = (list: readonly Recording[]) => list.map(({ name }) => name);

it.each([
  ['newest', ['Take 10', 'Take 2', 'Übung']],
  ['oldest', ['Übung', 'Take 2', 'Take 10']],
  ['name', ['Take 2', 'Take 10', 'Übung']],
  ['longest', ['Take 10', 'Take 2', 'Übung']],
  ['largest', ['Take 2', 'Take 10', 'Übung']],
] as const)('%s', (sort, expected) => {
  expect(names(listRecordings(ALL, '', sort, NONE))).toEqual(expected);
});

it('finds every word, in names and quantizers, in any case', () => {
  expect(names(listRecordings(ALL, '  take RVQ ', 'newest', NONE))).toEqual(['Take 10', 'Take 2']);
  expect(names(listRecordings(ALL, 'üb', 'newest', NONE))).toEqual(['Übung']);
  expect(names(listRecordings(ALL, '(.*', 'newest', NONE))).toEqual([]);
});

it('what is being recorded comes first in every order; what is being deleted is not there', () => {
  const now = recording('now', { isRecording: true, startedAt: '1990-01-01T00:00:00Z' });
  for (const sort of RECORDING_SORTS) {
    const shown = listRecordings([...ALL, now], '', sort, new Set(['Take 2']));
    expect(shown[0]).toBe(now);
    expect(names(shown)).not.toContain('Take 2');
  }
});
