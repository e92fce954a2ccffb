import { expect, it } from 'vitest';
import { CEILING_DB, colorIndex, FLOOR_DB, magma } from './colormap.ts';

it('is darkest at the floor, brightest at the ceiling, and gets lighter all the way', () => {
  expect(colorIndex(FLOOR_DB + 120)).toBe(0);
  expect(colorIndex(CEILING_DB + 120)).toBe(255);
  expect(colorIndex(0)).toBe(0);
  expect(colorIndex(120)).toBe(255);
  const bytes = new Uint8Array(magma().buffer);
  const luminance = (i: number): number =>
    0.2126 * bytes[i * 4]! + 0.7152 * bytes[i * 4 + 1]! + 0.0722 * bytes[i * 4 + 2]!;
  for (let i = 8; i < 256; i += 8) expect(luminance(i)).toBeGreaterThan(luminance(i - 8));
  for (let i = 0; i < 256; i++) expect(bytes[i * 4 + 3]).toBe(255);
});
