import { expect, it } from 'vitest';
import { formatDate } from './format-date.ts';

const NOW = new Date(2026, 2, 4, 0, 30);

it.each([
  [new Date(2026, 2, 4, 0, 5), /^Today, 12:05/],
  [new Date(2026, 2, 3, 23, 59), /^Yesterday, 11:59/],
  [new Date(2026, 1, 28, 9, 0), /^Sat, Feb 28, 09:00/],
  [new Date(2025, 11, 31, 9, 0), /Dec 31, 2025, 09:00/],
])('%s', (date, text) => {
  expect(formatDate(date.toISOString(), NOW, 'en')).toMatch(text);
});

it('shows what is no date as it came', () => {
  expect(formatDate('soon', NOW, 'en')).toBe('soon');
});
