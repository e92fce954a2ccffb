import { quantizerKbps, findQuantizer, type ModelManifest } from '../../codec/manifest.ts';
import { codebookUsage } from '../../metrics/index.ts';
import {
  compare,
  meanOf,
  round,
  type PartialQuality,
  type QualityReport,
} from '../../enhance/quality.ts';
import type { PairResult } from './pair-job.ts';
import type { Pair } from './pairs.ts';
import type { Variant } from './variants.ts';

export interface CodebookSummary {
  /** Share of the entries used at least once, 0–1. */
  usage: number;
  perplexity: number;
  /** Entropy of the codes, bits per hop; times hops per second this is what an entropy coder needs. */
  effectiveBits: number;
}

export interface VariantSummary extends Variant {
  bitrateKbps: number;
  files: number;
  metrics: QualityReport;
  bySnr?: { snrDb: number; files: number; metrics: QualityReport }[];
  codebookUsage?: CodebookSummary[];
}

export type NoisySummary = PartialQuality & {
  bySnr?: ({ snrDb: number; files: number } & PartialQuality)[];
};

/** Means over all pairs and by SNR, and how each codebook is used. */
export function summarise(
  manifest: ModelManifest,
  variant: Variant,
  index: number,
  pairs: readonly Pair[],
  results: readonly PairResult[],
): VariantSummary {
  const entry = findQuantizer(manifest, variant.quantizer);
  const reports = results.map((result) => compare(result.enhanced[index]!, result.noisy));
  const bySnr = groupBySnr(pairs, reports).map(({ snrDb, items }) => ({
    snrDb,
    files: items.length,
    metrics: meanOf(items),
  }));
  const usage = Array.from({ length: variant.codebooks }, (_, book) => {
    const codes = results.flatMap((result) => Array.from(result.codes[index]![book]!));
    const { usage, perplexity, effectiveBits } = codebookUsage(codes, entry.codebookSize);
    return {
      usage: round(usage),
      perplexity: round(perplexity),
      effectiveBits: round(effectiveBits),
    };
  });
  return {
    quantizer: variant.quantizer,
    codebooks: variant.codebooks,
    bitrateKbps: round(quantizerKbps(manifest, entry, variant.codebooks)),
    files: reports.length,
    metrics: meanOf(reports),
    ...(bySnr.length > 0 ? { bySnr } : {}),
    ...(usage.length > 0 ? { codebookUsage: usage } : {}),
  };
}

export function summariseNoisy(
  pairs: readonly Pair[],
  results: readonly PairResult[],
): NoisySummary {
  const qualities = results.map((result) => result.noisy);
  const bySnr = groupBySnr(pairs, qualities).map(({ snrDb, items }) => ({
    snrDb,
    files: items.length,
    ...meanOf(items),
  }));
  return { ...meanOf(qualities), ...(bySnr.length > 0 ? { bySnr } : {}) };
}

function groupBySnr<T>(
  pairs: readonly Pair[],
  items: readonly T[],
): { snrDb: number; items: T[] }[] {
  const groups = new Map<number, T[]>();
  pairs.forEach(({ snrDb }, i) => {
    if (snrDb === undefined) return;
    const group = groups.get(snrDb) ?? [];
    group.push(items[i]!);
    groups.set(snrDb, group);
  });
  return [...groups].sort(([a], [b]) => a - b).map(([snrDb, list]) => ({ snrDb, items: list }));
}
