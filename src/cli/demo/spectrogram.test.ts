import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { colourIndex, palette, spectrogramPng } from './picture.ts';
import { FLOOR_DB, levelQuantileDb, spectrogram } from './spectrogram.ts';

const options = { fftSize: 512, hopSamples: 160 };

function sine(frequencyHz: number, amplitude: number, samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, n) => {
    return amplitude * Math.sin((2 * Math.PI * frequencyHz * n) / 16000);
  });
}

describe('spectrogram', () => {
  it('shows a full-scale sine at 0 dB on its own bin, and a tenth of it at -20 dB', () => {
    for (const [amplitude, expected] of [
      [1, 0],
      [0.1, -20],
    ] as const) {
      const image = spectrogram(sine(1000, amplitude, 16000), options);
      const column = image.levelsDb.subarray(50 * image.bins, 51 * image.bins);
      const peak = column.indexOf(Math.max(...column));
      expect(peak).toBe(32); // 1000 Hz / (16000 Hz / 512)
      expect(column[peak]).toBeCloseTo(expected, 1);
      expect(column[200]).toBeLessThan(expected - 80);
    }
  });

  it('places a click at the column of its own time', () => {
    const samples = new Float32Array(16000);
    samples[8000] = 1;
    const image = spectrogram(samples, options);
    const energy = Array.from(
      { length: image.columns },
      (_, c) => image.levelsDb[c * image.bins + 40]!,
    );
    expect(image.columns).toBe(100);
    expect(energy.indexOf(Math.max(...energy))).toBe(50);
  });

  it('gives the floor, not NaN or -Infinity, for silence', () => {
    const image = spectrogram(new Float32Array(1000), options);
    expect(image.columns).toBe(7);
    expect([...image.levelsDb].every((level) => level === FLOOR_DB)).toBe(true);
  });

  it('finds quantiles over several spectrograms', () => {
    const a = { columns: 1, bins: 4, levelsDb: Float32Array.of(-10, -20, -30, -40) };
    const b = { columns: 1, bins: 4, levelsDb: Float32Array.of(-1, -2, -3, -4) };
    expect(levelQuantileDb([a, b], 0)).toBe(-40);
    expect(levelQuantileDb([a, b], 0.5)).toBe(-4);
    expect(levelQuantileDb([a, b], 1)).toBe(-1);
  });

  it('refuses a hop of no samples', () => {
    expect(() => spectrogram(new Float32Array(10), { fftSize: 512, hopSamples: 0 })).toThrow(
      RangeError,
    );
  });
});

describe('picture', () => {
  it('maps levels to colours that get brighter, clipped at both ends', () => {
    const scale = { topDb: -10, rangeDb: 70 };
    expect(colourIndex(-500, scale)).toBe(0);
    expect(colourIndex(-80, scale)).toBe(0);
    expect(colourIndex(-10, scale)).toBe(palette.length - 1);
    expect(colourIndex(20, scale)).toBe(palette.length - 1);
    const luminance = palette.map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
    for (let i = 1; i < luminance.length; i++)
      expect(luminance[i]).toBeGreaterThan(luminance[i - 1]!);
  });

  it('is a valid PNG with low frequencies at the bottom', () => {
    const image = spectrogram(sine(1000, 1, 16000), options);
    const png = decode(spectrogramPng(image, { topDb: 0, rangeDb: 70 }));
    expect([png.width, png.height]).toEqual([100, 256]);
    // Row 0 is bin 255, so bin 32 is row 223.
    expect(png.data[223 * 100 + 50]).toBe(palette.length - 1);
    expect(png.data[20 * 100 + 50]).toBe(0);
    expect(png.palette).toHaveLength(palette.length);
  });
});
