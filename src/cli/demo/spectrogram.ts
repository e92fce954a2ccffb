import { realFft } from '../../metrics/fft.ts';

/** Power spectrogram in dB. Column-major: the level of bin b at column c is `levelsDb[c * bins + b]`. */
export interface Spectrogram {
  readonly columns: number;
  /** fftSize / 2 + 1; bin 0 is 0 Hz, the last one half the sample rate. */
  readonly bins: number;
  readonly levelsDb: Float32Array;
}

export interface SpectrogramOptions {
  /** Analysis window and FFT length, a power of two. */
  readonly fftSize: number;
  /** Distance between columns. */
  readonly hopSamples: number;
}

/** Levels below this are shown as this: digital silence has no logarithm. */
export const FLOOR_DB = -160;

/**
 * Short-time Fourier transform with a periodic Hann window, scaled so that a full-scale sine on a bin
 * reads 0 dB. Column c is centred on sample `c * hopSamples`; the signal is zero outside its length,
 * so that the first and last columns stand at the right time.
 * @param samples mono, nominally −1..1
 */
export function spectrogram(samples: Float32Array, options: SpectrogramOptions): Spectrogram {
  const { fftSize, hopSamples } = options;
  if (!(Number.isInteger(hopSamples) && hopSamples > 0)) {
    throw new RangeError(`spectrogram hop must be a whole number of samples, got ${hopSamples}`);
  }
  const fft = realFft(fftSize);
  const window = new Float64Array(fftSize);
  for (let i = 0; i < fftSize; i++) window[i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / fftSize);
  // A sine of amplitude 1 has magnitude sum(window) / 2 = fftSize / 4 on its bin.
  const scale = 16 / (fftSize * fftSize);

  const bins = fft.bins;
  const columns = Math.ceil(samples.length / hopSamples);
  const levelsDb = new Float32Array(columns * bins);
  const frame = new Float64Array(fftSize);
  const re = new Float64Array(bins);
  const im = new Float64Array(bins);
  for (let column = 0; column < columns; column++) {
    const start = column * hopSamples - fftSize / 2;
    for (let i = 0; i < fftSize; i++) {
      const at = start + i;
      frame[i] = at >= 0 && at < samples.length ? samples[at]! * window[i]! : 0;
    }
    fft.forward(frame, re, im);
    for (let bin = 0; bin < bins; bin++) {
      const power = (re[bin]! * re[bin]! + im[bin]! * im[bin]!) * scale;
      levelsDb[column * bins + bin] =
        power > 0 ? Math.max(FLOOR_DB, 10 * Math.log10(power)) : FLOOR_DB;
    }
  }
  return { columns, bins, levelsDb };
}

/** @returns the level that `share` (0..1) of all points of all spectrograms stay below, in dB. */
export function levelQuantileDb(spectrograms: readonly Spectrogram[], share: number): number {
  const total = spectrograms.reduce((sum, one) => sum + one.levelsDb.length, 0);
  if (total === 0) throw new RangeError('level of no spectrogram');
  const all = new Float32Array(total);
  let at = 0;
  for (const one of spectrograms) {
    all.set(one.levelsDb, at);
    at += one.levelsDb.length;
  }
  all.sort();
  return all[Math.min(total - 1, Math.floor(share * total))]!;
}
