/** What telemetry says about hops, gathered from their records. */
import type { ModelManifest } from '../codec/manifest.ts';
import { percentiles } from '../common/statistics.ts';
import { gainToDb, powerToDb, samplesToMs } from '../common/units.ts';
import { codebookUsage } from '../metrics/code-usage.ts';
import type { CodebookTelemetry, HopTimesMs, LevelDb, SpectrogramTelemetry } from './contract.ts';
import { flags, type HopRecord } from './hop-record.ts';
import { PeakWindow } from './peak-window.ts';
import {
  COLUMN_HOPS,
  FLOOR_DB,
  SPECTROGRAM_BINS,
  SpectrogramColumns,
} from './spectrogram-columns.ts';

/** Times and code usage are over this. */
const WINDOW_MS = 10_000;
const AVERAGE_MS = 500;
/** Percentiles and usage cost more than a glance; they are made anew this often. */
const REFRESH_MS = 250;

export class HopMeter {
  readonly #manifest: ModelManifest;
  readonly #hopMs: number;
  readonly #times: Float64Array;
  readonly #codes: Int32Array;
  readonly #width: number;
  readonly #input: Level;
  readonly #output: Level;
  readonly #inputColumns: SpectrogramColumns;
  readonly #outputColumns: SpectrogramColumns;
  /** Hops since the last reset, and since the quantizer last changed. */
  #hops = 0;
  #sameVoice = 0;
  #quantizer = -1;
  #codebooks = 0;
  #bypass = false;
  #queueMs = 0;
  #computeMs = 0;
  readonly #work = new PeakWindow();
  #usualWorkMs = 0;
  #levels: { input: LevelDb; output: LevelDb };
  #spectrogram: SpectrogramTelemetry;
  #refreshedAtMs = -Infinity;
  #hopTimes: HopTimesMs | null = null;
  #realTimeFactor = 0;
  #usage: CodebookTelemetry[] = [];

  constructor(manifest: ModelManifest) {
    const { sampleRate, hopSamples, quantizers } = manifest;
    this.#manifest = manifest;
    this.#hopMs = samplesToMs(hopSamples, sampleRate);
    const window = Math.ceil(WINDOW_MS / this.#hopMs);
    this.#width = Math.max(...quantizers.map((q) => q.maxCodebooks));
    this.#times = new Float64Array(window);
    this.#codes = new Int32Array(window * this.#width);
    this.#input = new Level();
    this.#output = new Level();
    this.#inputColumns = new SpectrogramColumns(sampleRate);
    this.#outputColumns = new SpectrogramColumns(sampleRate);
    this.#levels = { input: this.#input.take(), output: this.#output.take() };
    this.#spectrogram = {
      bins: SPECTROGRAM_BINS,
      columnMs: COLUMN_HOPS * this.#hopMs,
      input: [],
      output: [],
    };
  }

  add(record: HopRecord): void {
    const window = this.#times.length;
    const keep = this.#hops === 0 ? 0 : Math.exp(-this.#hopMs / AVERAGE_MS);
    this.#queueMs = keep * this.#queueMs + (1 - keep) * record.queueMs;
    this.#computeMs = keep * this.#computeMs + (1 - keep) * record.computeMs;
    this.#times[this.#hops % window] = record.computeMs;
    this.#work.add(record.queueMs + record.computeMs, this.#hops * this.#hopMs);
    this.#hops += 1;
    if (record.quantizer !== this.#quantizer || record.codebooks !== this.#codebooks) {
      this.#quantizer = record.quantizer;
      this.#codebooks = record.codebooks;
      this.#sameVoice = 0;
      this.#refreshedAtMs = -Infinity;
    }
    this.#codes.set(record.codes, (this.#sameVoice % window) * this.#width);
    this.#sameVoice += 1;
    this.#bypass = (record.flags & flags.bypass) !== 0;
    this.#input.add(record.raw);
    this.#output.add(record.heard);
    this.#inputColumns.push(record.raw);
    this.#outputColumns.push(record.heard);
  }

  /** Index into the manifest's quantizers; −1 before the first hop. */
  get quantizer(): number {
    return this.#quantizer;
  }
  get codebooksHeard(): number {
    return this.#codebooks;
  }
  get bypass(): boolean {
    return this.#bypass;
  }
  /** Averages over half a second. */
  get queueMs(): number {
    return this.#queueMs;
  }
  get computeMs(): number {
    return this.#computeMs;
  }

  /** Waiting and computing of a hop, at the worst of a usual second. */
  get usualWorkMs(): number {
    return this.#usualWorkMs;
  }

  /** Over the last ten seconds. */
  timing(atMs: number): { hopMs: HopTimesMs | null; realTimeFactor: number } {
    this.#refresh(atMs);
    return { hopMs: this.#hopTimes, realTimeFactor: this.#realTimeFactor };
  }

  codebooks(atMs: number): readonly CodebookTelemetry[] {
    this.#refresh(atMs);
    return this.#usage;
  }

  /**
   * Closes the span that levels and spectrogram are about, and begins a new one.
   * @param clipped at the device, before resampling
   */
  nextSpan(clipped: boolean): void {
    const input = this.#input.take();
    this.#levels = {
      input: { ...input, clipped: input.clipped || clipped },
      output: this.#output.take(),
    };
    this.#spectrogram = {
      bins: SPECTROGRAM_BINS,
      columnMs: COLUMN_HOPS * this.#hopMs,
      input: this.#inputColumns.take(),
      output: this.#outputColumns.take(),
    };
  }

  /** Of the last closed span. */
  get levels(): { readonly input: LevelDb; readonly output: LevelDb } {
    return this.#levels;
  }
  get spectrogram(): SpectrogramTelemetry {
    return this.#spectrogram;
  }

  reset(): void {
    this.#hops = 0;
    this.#sameVoice = 0;
    this.#quantizer = -1;
    this.#work.reset();
    this.#refreshedAtMs = -Infinity;
    this.#inputColumns.reset();
    this.#outputColumns.reset();
    this.nextSpan(false);
  }

  #refresh(atMs: number): void {
    if (atMs - this.#refreshedAtMs < REFRESH_MS) return;
    this.#refreshedAtMs = atMs;
    this.#usualWorkMs = this.#work.typicalPeak;
    const times = this.#times.subarray(0, Math.min(this.#hops, this.#times.length));
    this.#hopTimes = times.length === 0 ? null : percentiles(times);
    const total = times.reduce((sum, ms) => sum + ms, 0);
    this.#realTimeFactor = times.length === 0 ? 0 : total / times.length / this.#hopMs;
    this.#usage = this.#codeUsage();
  }

  #codeUsage(): CodebookTelemetry[] {
    const entry = this.#manifest.quantizers[this.#quantizer];
    if (!entry) return [];
    const count = Math.min(this.#sameVoice, this.#times.length);
    const newest = (this.#sameVoice - 1) % this.#times.length;
    const column = new Int32Array(count);
    return Array.from({ length: entry.maxCodebooks }, (_, book) => {
      for (let k = 0; k < count; k++) column[k] = this.#codes[k * this.#width + book]!;
      const { usage, perplexity } = codebookUsage(column, entry.codebookSize);
      const lastCode = count === 0 ? -1 : this.#codes[newest * this.#width + book]!;
      return { lastCode, usage, perplexity };
    });
  }
}

/** RMS and peak since the last look. */
class Level {
  #squares = 0;
  #count = 0;
  #peak = 0;

  add(samples: Float32Array): void {
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i]!;
      this.#squares += value * value;
      const size = Math.abs(value);
      if (size > this.#peak) this.#peak = size;
    }
    this.#count += samples.length;
  }

  take(): LevelDb {
    const rms = this.#count === 0 ? FLOOR_DB : powerToDb(this.#squares / this.#count);
    const level = {
      rms: Math.max(FLOOR_DB, rms),
      peak: Math.max(FLOOR_DB, gainToDb(this.#peak)),
      clipped: this.#peak >= 1,
    };
    this.#squares = 0;
    this.#count = 0;
    this.#peak = 0;
    return level;
  }
}
