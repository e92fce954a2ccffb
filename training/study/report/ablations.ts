/** What each single change did, against the run that it changes. */
import {
  duration,
  MEASURES,
  overSeeds,
  ratesOf,
  REFERENCE_KBPS,
  type Entry,
  type Measure,
  type StudyData,
} from './data.ts';
import { fixed, markdownTable, NOTHING, signed } from './markdown.ts';
import { kilobits } from './tables.ts';
import type { RateResult } from '../result.ts';

const SHOWN: readonly Measure[] = [MEASURES.siSdr, MEASURES.pesq, MEASURES.stoi, MEASURES.estoi];

export function ablationsTable(data: StudyData): string {
  if (data.ablations.length === 0) return 'There are none in the plan.';
  const head = [
    'change',
    'against',
    'kbit/s',
    ...SHOWN.map(({ label }) => `${label} (Δ)`),
    'clean: SI-SDR dB (Δ)',
    'least used %',
    'ran',
  ];
  const rows = data.ablations.flatMap((entry) => ablationRows(entry, parentOf(entry, data)));
  return `Δ: difference to the run it changes, at the same rate (≈: read off between two of its rates).

${markdownTable([head, ...rows])}`;
}

function parentOf(
  entry: Entry,
  { unquantised, families, ablations, controls }: StudyData,
): Entry | undefined {
  return [...unquantised, ...families, ...ablations, ...controls].find(
    ({ plan }) => plan.id === entry.plan.extends,
  );
}

function ablationRows(entry: Entry, parent: Entry | undefined): string[][] {
  const against = parent?.plan.label ?? NOTHING;
  const ran = howLong(entry, parent);
  if (entry.seeds.length === 0) {
    const state = entry.result?.status ?? 'not run yet';
    return [[entry.plan.label, against, '', ...SHOWN.map(() => ''), '', '', state]];
  }
  return shownRates(ratesOf(entry)).map((rate, i) => {
    const { codebooks, kbps, codes } = rate;
    const delta = (pick: (rate: RateResult) => number | undefined, decimals: number): string => {
      const own = overSeeds(entry, codebooks, pick)?.mean;
      const base = parent === undefined ? undefined : readAt(parent, kbps, pick);
      const value = fixed(own, decimals);
      if (own === undefined || base === undefined) return value;
      return `${value} (${base.between ? '≈ ' : ''}${signed(own - base.value, decimals)})`;
    };
    const use = codes.length === 0 ? undefined : 100 * Math.min(...codes.map(({ usage }) => usage));
    return [
      i === 0 ? entry.plan.label : '',
      i === 0 ? against : '',
      kbps === 0 ? NOTHING : kilobits(kbps),
      ...SHOWN.map(({ key, decimals }) => delta(({ metrics }) => metrics[key], decimals)),
      delta(({ cleanThrough }) => cleanThrough?.siSdr, 2),
      fixed(use, 0),
      i === 0 ? ran : '',
    ];
  });
}

/** At most three rates, those nearest to the ones that the other tables compare at. */
function shownRates(rates: readonly RateResult[]): RateResult[] {
  const distance = (kbps: number, to: number): number =>
    Math.abs(Math.log2(Math.max(kbps, 1e-3) / to));
  const nearest = REFERENCE_KBPS.flatMap(
    (to) => [...rates].sort((a, b) => distance(a.kbps, to) - distance(b.kbps, to))[0] ?? [],
  );
  return [...new Set(nearest)].sort((a, b) => a.kbps - b.kbps);
}

/** A measure of a run at a rate, interpolated over the logarithm of the rate where it was not measured there. */
function readAt(
  entry: Entry,
  kbps: number,
  pick: (rate: RateResult) => number | undefined,
): { value: number; between: boolean } | undefined {
  const points = ratesOf(entry).flatMap((rate) => {
    const value = overSeeds(entry, rate.codebooks, pick)?.mean;
    return value === undefined ? [] : [{ kbps: rate.kbps, value }];
  });
  const exact = points.find((point) => Math.abs(point.kbps - kbps) <= 0.02 * kbps);
  if (exact !== undefined) return { value: exact.value, between: false };
  const above = points.findIndex((point) => point.kbps > kbps);
  if (above < 1) return undefined;
  const [low, high] = [points[above - 1]!, points[above]!];
  if (low.kbps <= 0) return undefined;
  const share = Math.log(kbps / low.kbps) / Math.log(high.kbps / low.kbps);
  return { value: low.value + share * (high.value - low.value), between: true };
}

function howLong({ result }: Entry, parent: Entry | undefined): string {
  if (result === undefined) return NOTHING;
  const own = `${result.steps} steps, ${fixed(result.audioHours, 2)} h, ${duration(result.wallSeconds)}`;
  const other = parent?.result?.steps;
  return other === undefined || other === result.steps ? own : `${own} (the other ${other} steps)`;
}
