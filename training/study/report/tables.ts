/** Every family at every rate with the controls, the summary for the README, and what stands where. */
import {
  duration,
  MEASURES,
  overSeeds,
  rateNear,
  ratesOf,
  REFERENCE_KBPS,
  type Entry,
  type Measure,
  type StudyData,
} from './data.ts';
import { fixed, markdownTable, NOTHING, withSpread } from './markdown.ts';

const QUALITY: readonly Measure[] = [
  MEASURES.siSdr,
  MEASURES.siSdrImprovement,
  MEASURES.pesq,
  MEASURES.stoi,
  MEASURES.estoi,
  MEASURES.lsd,
];
const CLEAN: readonly Measure[] = [MEASURES.siSdr, MEASURES.pesq, MEASURES.stoi];

/** Rows: the noisy input, the unquantised network, every family at every rate. */
export function familiesTable({ noisy, unquantised, controls, families }: StudyData): string {
  const head = [
    'quantizer',
    'codebooks',
    'kbit/s',
    ...QUALITY.map(({ label }) => label),
    ...CLEAN.map(({ label }) => `clean: ${label}`),
  ];
  const rows = [head];
  if (noisy !== undefined) {
    const quality = QUALITY.map(({ key, decimals }) => fixed(noisy.metrics[key], decimals));
    rows.push(['noisy input', '', '', ...quality, ...CLEAN.map(() => '')]);
  }
  for (const entry of [...unquantised, ...controls, ...families]) rows.push(...entryRows(entry));
  const files = noisy === undefined ? '' : `Means over ${noisy.files} noisy recordings. `;
  return `${files}"clean": the clean recordings sent through the same codec. ± is half the range over seeds.

${markdownTable(rows)}`;
}

function entryRows(entry: Entry): string[][] {
  return ratesOf(entry).map(({ codebooks, kbps }) => [
    entry.plan.label,
    codebooks === 0 ? NOTHING : String(codebooks),
    kbps === 0 ? NOTHING : kilobits(kbps),
    ...QUALITY.map(({ key, decimals }) =>
      withSpread(
        overSeeds(entry, codebooks, ({ metrics }) => metrics[key]),
        decimals,
      ),
    ),
    ...CLEAN.map(({ key, decimals }) =>
      withSpread(
        overSeeds(entry, codebooks, ({ cleanThrough }) => cleanThrough?.[key]),
        decimals,
      ),
    ),
  ]);
}

/** SI-SDR by input SNR. */
export function snrTable(
  { noisy, unquantised, families }: StudyData,
  measure: Measure = MEASURES.siSdr,
): string {
  const snrs = (noisy?.bySnr ?? []).map(({ snrDb }) => snrDb);
  if (snrs.length === 0) return '';
  const head = [`${measure.label} at`, 'kbit/s', ...snrs.map((snr) => `${fixed(snr, 0)} dB`)];
  const cells = (find: (snr: number) => number | undefined): string[] =>
    snrs.map((snr) => fixed(find(snr), measure.decimals));
  const rows = [head];
  rows.push([
    'noisy input',
    '',
    ...cells((snr) => noisy?.bySnr.find((one) => one.snrDb === snr)?.metrics[measure.key]),
  ]);
  for (const entry of [...unquantised, ...families]) {
    for (const { codebooks, kbps } of ratesOf(entry)) {
      const at = (snr: number) =>
        overSeeds(
          entry,
          codebooks,
          ({ bySnr }) => bySnr.find((one) => one.snrDb === snr)?.metrics[measure.key],
        )?.mean;
      rows.push([entry.plan.label, kbps === 0 ? NOTHING : kilobits(kbps), ...cells(at)]);
    }
  }
  return markdownTable(rows);
}

/** The few numbers that a reader of the README wants. */
export function summaryTable({ noisy, unquantised, families }: StudyData): string {
  const measures = [MEASURES.siSdr, MEASURES.pesq, MEASURES.stoi];
  const head = [
    '',
    ...measures.flatMap(({ label }) => REFERENCE_KBPS.map((kbps) => `${label} at ${kbps}`)),
  ];
  const rows = [head];
  const constant = (label: string, value: (measure: Measure) => string): void => {
    rows.push([
      label,
      ...measures.flatMap((measure) =>
        REFERENCE_KBPS.map((_, i) => (i === 0 ? value(measure) : '')),
      ),
    ]);
  };
  if (noisy !== undefined) {
    constant('noisy input', ({ key, decimals }) => fixed(noisy.metrics[key], decimals));
  }
  for (const base of unquantised) {
    if (base.seeds.length === 0) continue;
    constant(base.plan.label, ({ key, decimals }) =>
      withSpread(
        overSeeds(base, ratesOf(base)[0]!.codebooks, ({ metrics }) => metrics[key]),
        decimals,
      ),
    );
  }
  for (const entry of families) {
    const rates = ratesOf(entry);
    if (rates.length === 0) continue;
    const cells = measures.flatMap(({ key, decimals }) =>
      REFERENCE_KBPS.map((kbps) => {
        const rate = rateNear(rates, kbps);
        if (rate === undefined) return NOTHING;
        return withSpread(
          overSeeds(entry, rate.codebooks, ({ metrics }) => metrics[key]),
          decimals,
        );
      }),
    );
    rows.push([entry.plan.label, ...cells]);
  }
  return `${markdownTable(rows)}\n\nColumns: kbit/s. ${NOTHING}: a rate that this model does not have.`;
}

/** Every run: what it changes, how long it ran, what became of it. */
export function runsTable({ runs }: StudyData): string {
  const head = ['run', 'what it changes', 'steps', 'hours of audio', 'training took', 'status'];
  const rows = runs.map(({ plan, result, stale }) => [
    `\`${plan.id}\``,
    plan.about,
    result === undefined ? NOTHING : String(result.steps),
    fixed(result?.audioHours, 2),
    result === undefined ? NOTHING : duration(result.wallSeconds),
    [
      result?.status ?? 'not run yet',
      ...(result?.reason === undefined ? [] : [result.reason]),
      ...(stale ? ['config changed since'] : []),
    ].join('; '),
  ]);
  const done = runs.filter(({ result }) => result?.status === 'done').length;
  return `${done} of ${runs.length} runs done.\n\n${markdownTable([head, ...rows])}`;
}

export function kilobits(kbps: number): string {
  return fixed(kbps, 2).replace(/\.?0+$/, '');
}
