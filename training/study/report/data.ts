/** What the report draws on: plan and results put together, seeds of one run side by side. */
import { isObject } from '../json.ts';
import { studyPaths } from '../paths.ts';
import type { PlannedRun } from '../plan.ts';
import { readResult, type Metrics, type RateResult, type RunResult } from '../result.ts';

export interface ReportRun {
  plan: PlannedRun;
  result: RunResult | undefined;
  /** Of the quantizer's config, e.g. rvq. */
  family: string;
  /** The plan's config is not the one that the result was made with. */
  stale: boolean;
}

/** A run and its repetitions with other seeds. */
export interface Entry extends ReportRun {
  seeds: RunResult[];
}

export interface StudyData {
  runs: ReportRun[];
  /** What others start from, and controls, where they are not quantised: what families are held against. */
  unquantised: Entry[];
  families: Entry[];
  ablations: Entry[];
  /** Other controls. */
  controls: Entry[];
  /** The unprocessed pairs, from the first run that measured them. */
  noisy: NonNullable<RunResult['noisy']> | undefined;
}

/** A mean over seeds. */
export interface Spread {
  mean: number;
  /** Half the range; 0 with one seed. */
  half: number;
  seeds: number;
}

/** @throws ResiduaError RESULT_CORRUPT */
export function collect(root: string, plan: readonly PlannedRun[]): StudyData {
  const paths = studyPaths(root);
  const runs = plan.map((run): ReportRun => {
    const result = readResult(paths.result(run.id));
    const { quantizer } = run.config;
    return {
      plan: run,
      result,
      family: isObject(quantizer) ? String(quantizer['family']) : 'none',
      stale: result !== undefined && result.configHash !== run.configHash,
    };
  });
  const entries = (group: PlannedRun['group']): Entry[] =>
    runs
      .filter(({ plan }) => plan.group === group && plan.seedOf === undefined)
      .map((run) => {
        const again = runs.filter(({ plan }) => plan.seedOf === run.plan.id);
        const seeds = [run, ...again].flatMap(({ result }) =>
          hasMeasures(result) ? [result] : [],
        );
        return { ...run, seeds };
      });
  const controls = entries('control');
  return {
    runs,
    unquantised: [...entries('base'), ...controls].filter(({ family }) => family === 'none'),
    families: entries('family'),
    ablations: entries('ablation'),
    controls: controls.filter(({ family }) => family !== 'none'),
    noisy: runs.find(({ result }) => result?.noisy !== undefined)?.result?.noisy,
  };
}

export function hasMeasures(result: RunResult | undefined): result is RunResult {
  return (
    result !== undefined &&
    result.rates.length > 0 &&
    (result.status === 'done' || result.status === 'collapsed')
  );
}

/** A run's rates, the lowest first; with several seeds those of the first that was measured. */
export function ratesOf({ seeds }: Pick<Entry, 'seeds'>): RateResult[] {
  return [...(seeds[0]?.rates ?? [])].sort((a, b) => a.codebooks - b.codebooks);
}

/** Mean over seeds of something at one number of codebooks; undefined where no seed has it. */
export function overSeeds(
  { seeds }: Pick<Entry, 'seeds'>,
  codebooks: number,
  pick: (rate: RateResult) => number | undefined,
): Spread | undefined {
  return spreadOf(
    seeds.flatMap(({ rates }) => {
      const rate = rates.find((one) => one.codebooks === codebooks);
      return (rate === undefined ? undefined : pick(rate)) ?? [];
    }),
  );
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, half: (Math.max(...values) - Math.min(...values)) / 2, seeds: values.length };
}

/** One measure of quality, how tables and axes name it. */
export interface Measure {
  key: keyof Metrics;
  label: string;
  axis: string;
  decimals: number;
  /** Figures leave lower values out. */
  drawnFrom?: number;
}

export const MEASURES = {
  siSdr: {
    key: 'siSdr',
    label: 'SI-SDR dB',
    axis: 'SI-SDR (dB), from −10 up',
    decimals: 2,
    // Sound made from an envelope alone has no waveform to compare: −40 dB would leave no room for the rest.
    drawnFrom: -10,
  },
  siSdrImprovement: {
    key: 'siSdrImprovement',
    label: 'SI-SDRi dB',
    axis: 'SI-SDR improvement (dB)',
    decimals: 2,
  },
  pesq: { key: 'pesqWb', label: 'PESQ', axis: 'PESQ-WB', decimals: 2 },
  stoi: { key: 'stoi', label: 'STOI', axis: 'STOI', decimals: 3 },
  estoi: { key: 'estoi', label: 'ESTOI', axis: 'ESTOI', decimals: 3 },
  lsd: { key: 'lsd', label: 'LSD dB', axis: 'Log-spectral distance (dB)', decimals: 2 },
} as const satisfies Record<string, Measure>;

/** The rates that tables compare at, in kbit/s. */
export const REFERENCE_KBPS = [1, 8, 16] as const;

/** The rate within 2% of `kbps`. */
export function rateNear<T extends { kbps: number }>(
  rates: readonly T[],
  kbps: number,
): T | undefined {
  return rates.find((rate) => rate.kbps > 0 && Math.abs(rate.kbps / kbps - 1) < 0.02);
}

/** Minutes on a person's scale. */
export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
