import { afterEach, describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatKbps,
  formatLength,
  formatNumber,
  formatSigned,
  setNumberLanguage,
} from './format.ts';

afterEach(() => setNumberLanguage('en'));

describe('numbers', () => {
  it('show no more digits than asked for, and a minus only where something is left', () => {
    expect(formatNumber(1234.567, 1)).toBe('1,234.6');
    expect(formatNumber(3, 1, 1)).toBe('3.0');
    expect(formatNumber(-0.04, 1)).toBe('0');
    expect(formatNumber(-0.04, 1, 1)).toBe('0.0');
    expect(formatNumber(-12)).toBe('−12');
  });

  it('follow the language of the window', () => {
    setNumberLanguage('de');
    expect(formatNumber(0.5, 1)).toBe('0,5');
    expect(formatNumber(-0.04, 1, 1)).toBe('0,0');
  });

  it('have a sign as gains', () => {
    expect(formatSigned(3)).toBe('+3');
    expect(formatSigned(-4.5, 1)).toBe('−4.5');
    expect(formatSigned(0.2)).toBe('0');
  });

  it('of bitrates keep what a codebook of odd size costs', () => {
    expect(formatKbps(1)).toBe('1');
    expect(formatKbps(0.997)).toBe('1');
    expect(formatKbps(2.125)).toBe('2.13');
  });
});

describe('lengths and sizes', () => {
  it.each([
    [0, '0:00'],
    [7.9, '0:07'],
    [750, '12:30'],
    [3723, '1:02:03'],
    [-1, '0:00'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatLength(seconds)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [48_000, '48 kB'],
    [999_600, '1 MB'],
    [1_240_000, '1.2 MB'],
    [345_600_000, '346 MB'],
    [3.4e9, '3.4 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [812, '812'],
    [1_102_345, '1.1 M'],
    [999_990, '1 M'],
    [48_000, '48 k'],
  ])('%d counts as %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });
});
