import { expect, it } from 'vitest';
import { magma } from '../live/colormap.ts';
import { spectrogramPixels } from './spectrogram-image.ts';

it('puts 0 Hz at the bottom and time from left to right, loud is bright', () => {
  // Two columns of three rows: only the lowest of the first is loud.
  const levels = new Uint8Array([255, 0, 0, 0, 0, 0]);
  const pixels = new Uint32Array(spectrogramPixels({ columns: 2, rows: 3, levels }).buffer);
  const colors = magma();
  expect([...pixels]).toEqual([colors[0], colors[0], colors[0], colors[0], colors[255], colors[0]]);
});

it('draws what is missing of too few levels as silence', () => {
  const pixels = spectrogramPixels({ columns: 2, rows: 2, levels: new Uint8Array(1) });
  expect(pixels).toHaveLength(16);
  expect(new Set(new Uint32Array(pixels.buffer)).size).toBe(1);
});
