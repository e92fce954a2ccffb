import { Resampler } from '../audio/resampler.ts';
import { ResiduaError } from '../common/errors.ts';
import { estoi, logSpectralDistance, pesqWb, siSdr, stoi } from '../metrics/index.ts';

/** Rate every quality metric is computed at, Hz; other rates are resampled to it first. */
export const METRIC_RATE = 16000;

/** Measures of one signal against its clean reference. */
export interface Quality {
  /** dB */
  siSdr: number;
  stoi: number;
  estoi: number;
  /** MOS-LQO, ITU-T P.862.2 */
  pesqWb: number;
  /** dB */
  lsd: number;
}

/** One measure may be undefined on one pair (silence, too short): it is then left out. */
export type PartialQuality = { [K in keyof Quality]?: number };

/** Figures as DESIGN.md names them: enhanced beside noisy. */
export interface QualityReport {
  siSdr?: number;
  siSdrImprovement?: number;
  stoi?: number;
  stoiNoisy?: number;
  estoi?: number;
  estoiNoisy?: number;
  pesqWb?: number;
  pesqWbNoisy?: number;
  lsd?: number;
  lsdNoisy?: number;
}

export const QUALITY_KEYS = ['siSdr', 'stoi', 'estoi', 'pesqWb', 'lsd'] as const;

/**
 * All measures of `estimate` against `reference`, both at METRIC_RATE and equally long. A measure
 * undefined for this pair is absent and its reason is added to `problems`.
 */
export function measure(
  reference: Float32Array,
  estimate: Float32Array,
  problems: string[],
  withPesq = true,
): PartialQuality {
  const result: PartialQuality = {};
  const attempt = (key: keyof Quality, compute: () => number): void => {
    try {
      const value = compute();
      if (Number.isFinite(value)) result[key] = value;
      else problems.push(`${key} is ${value}`);
    } catch (error) {
      if (!(error instanceof ResiduaError)) throw error;
      problems.push(error.message);
    }
  };
  attempt('siSdr', () => siSdr(reference, estimate));
  attempt('stoi', () => stoi(reference, estimate, METRIC_RATE));
  attempt('estoi', () => estoi(reference, estimate, METRIC_RATE));
  if (withPesq) attempt('pesqWb', () => pesqWb(reference, estimate, METRIC_RATE));
  attempt('lsd', () => logSpectralDistance(reference, estimate));
  return result;
}

export function compare(enhanced: PartialQuality, noisy: PartialQuality): QualityReport {
  const report: QualityReport = {};
  const set = (key: keyof QualityReport, value: number | undefined): void => {
    if (value !== undefined) report[key] = value;
  };
  set('siSdr', enhanced.siSdr);
  if (enhanced.siSdr !== undefined && noisy.siSdr !== undefined) {
    report.siSdrImprovement = enhanced.siSdr - noisy.siSdr;
  }
  set('stoi', enhanced.stoi);
  set('stoiNoisy', noisy.stoi);
  set('estoi', enhanced.estoi);
  set('estoiNoisy', noisy.estoi);
  set('pesqWb', enhanced.pesqWb);
  set('pesqWbNoisy', noisy.pesqWb);
  set('lsd', enhanced.lsd);
  set('lsdNoisy', noisy.lsd);
  return report;
}

/** Means over files, each measure over the files that have it; rounded to 4 decimals. */
export function meanOf<T extends { [K in keyof T]?: number }>(items: readonly T[]): T {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const item of items) {
    for (const [key, value] of Object.entries(item) as [string, number][]) {
      const entry = sums.get(key) ?? { sum: 0, count: 0 };
      entry.sum += value;
      entry.count++;
      sums.set(key, entry);
    }
  }
  const means = [...sums].map(([key, { sum, count }]) => [key, round(sum / count)]);
  return Object.fromEntries(means) as T;
}

export function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** A whole signal at another rate, aligned, ceil(n·to/from) samples. */
export function resampleAll(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const resampler = new Resampler(from, to);
  const body = resampler.process(samples);
  const tail = resampler.flush();
  const all = new Float32Array(body.length + tail.length);
  all.set(body);
  all.set(tail, body.length);
  return all;
}
