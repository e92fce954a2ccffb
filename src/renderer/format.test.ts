import { describe, expect, it } from 'vitest';
import { formatBitrate, formatCount, formatKhz, formatMs } from './format.ts';

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [812, '812'],
    [48_000, '48.0 k'],
    [1_102_345, '1.10 M'],
    [999_999, '1.00 M'],
    [2_500_000_000, '2.50 G'],
  ])('%d -> %s', (value, text) => {
    expect(formatCount(value)).toBe(text);
  });
});

describe('units', () => {
  it('shows no more digits than there are', () => {
    expect(formatBitrate(1)).toBe('1 kbit/s');
    expect(formatBitrate(2.1)).toBe('2.1 kbit/s');
    expect(formatBitrate(0)).toBe('not coded');
    expect(formatMs(20)).toBe('20 ms');
    expect(formatKhz(44_100)).toBe('44.1 kHz');
  });
});
