/** Spectrogram columns of a running signal, small enough to send 20 times a second. */
import { RealFft, nextPowerOfTwo } from '../metrics/fft.ts';
import { powerToDb } from '../common/units.ts';

export const FLOOR_DB = -120;
export const SPECTROGRAM_BINS = 128;
/** Hops between columns. */
export const COLUMN_HOPS = 2;
/** Window length: long enough for 128 bins. */
const WINDOW_MS = 32;

export class SpectrogramColumns {
  readonly #fft: RealFft;
  readonly #window: Float64Array;
  readonly #samples: Float32Array;
  readonly #framed: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #scale: number;
  #hops = 0;
  #columns: number[][] = [];

  constructor(sampleRateHz: number) {
    const size = Math.max(
      2 * SPECTROGRAM_BINS,
      nextPowerOfTwo(Math.round((WINDOW_MS * sampleRateHz) / 1000)),
    );
    this.#fft = new RealFft(size);
    this.#samples = new Float32Array(size);
    this.#framed = new Float64Array(size);
    this.#re = new Float64Array(this.#fft.bins);
    this.#im = new Float64Array(this.#fft.bins);
    this.#window = Float64Array.from(
      { length: size },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size),
    );
    // A full-scale sine has magnitude size / 4 on its bin under this window.
    this.#scale = (4 / size) ** 2;
  }

  push(hop: Float32Array): void {
    const samples = this.#samples;
    samples.copyWithin(0, hop.length);
    samples.set(
      hop.subarray(Math.max(0, hop.length - samples.length)),
      Math.max(0, samples.length - hop.length),
    );
    if (++this.#hops % COLUMN_HOPS === 0) this.#columns.push(this.#column());
  }

  /** The columns since the last call, oldest first. */
  take(): number[][] {
    const columns = this.#columns;
    this.#columns = [];
    return columns;
  }

  reset(): void {
    this.#samples.fill(0);
    this.#columns = [];
    this.#hops = 0;
  }

  #column(): number[] {
    for (let i = 0; i < this.#framed.length; i++) {
      this.#framed[i] = this.#samples[i]! * this.#window[i]!;
    }
    this.#fft.forward(this.#framed, this.#re, this.#im);
    const perBin = (this.#fft.bins - 1) / SPECTROGRAM_BINS;
    return Array.from({ length: SPECTROGRAM_BINS }, (_, b) => {
      let most = 0;
      for (let k = Math.floor(b * perBin); k < (b + 1) * perBin; k++) {
        const power = this.#re[k]! ** 2 + this.#im[k]! ** 2;
        if (power > most) most = power;
      }
      const db = Math.round(powerToDb(most * this.#scale));
      return Math.max(FLOOR_DB, Math.min(0, db));
    });
  }
}
