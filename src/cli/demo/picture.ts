import { interpolateMagma } from 'd3-scale-chromatic';
import { encode } from 'fast-png';
import type { Spectrogram } from './spectrogram.ts';

/** Levels of one picture scale: `topDb` is the brightest colour, everything `rangeDb` below it black. */
export interface LevelScale {
  readonly topDb: number;
  readonly rangeDb: number;
}

/**
 * Steps of the colour scale. 64 steps over 70 dB are 1.1 dB each, below what the eye tells apart,
 * and keep the PNG a third smaller than 256.
 */
const COLOURS = 64;

/** RGB 0..255 of every step, dark to bright: matplotlib's magma, perceptually uniform. */
export const palette: readonly (readonly [number, number, number])[] = Array.from(
  { length: COLOURS },
  (_, step) => {
    const hex = interpolateMagma(step / (COLOURS - 1));
    const value = Number.parseInt(hex.slice(1), 16);
    return [(value >> 16) & 255, (value >> 8) & 255, value & 255] as const;
  },
);

/** @returns step of the colour scale for a level, 0..COLOURS − 1. */
export function colourIndex(levelDb: number, scale: LevelScale): number {
  const position = (levelDb - scale.topDb + scale.rangeDb) / scale.rangeDb;
  return Math.max(0, Math.min(COLOURS - 1, Math.round(position * (COLOURS - 1))));
}

/**
 * Indexed PNG, one pixel per column and bin, low frequencies at the bottom. The topmost bin (half the
 * sample rate) is left out so that the height is a power of two.
 */
export function spectrogramPng(image: Spectrogram, scale: LevelScale): Uint8Array {
  const { columns: width, bins, levelsDb } = image;
  const height = bins - 1;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const bin = height - 1 - y;
    for (let x = 0; x < width; x++) {
      data[y * width + x] = colourIndex(levelsDb[x * bins + bin]!, scale);
    }
  }
  return encode(
    { width, height, data, depth: 8, channels: 1, palette: palette.map((colour) => [...colour]) },
    { zlib: { level: 9 } },
  );
}
