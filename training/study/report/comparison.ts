/** The review's comparison: what each family gives and costs, one column per family. */
import { isObject } from '../json.ts';
import type { RateResult, RunResult } from '../result.ts';
import { codeLines } from './code-lines.ts';
import {
  MEASURES,
  overSeeds,
  rateNear,
  ratesOf,
  REFERENCE_KBPS,
  spreadOf,
  type Entry,
  type StudyData,
} from './data.ts';
import { fixed, markdownTable, NOTHING, withSpread } from './markdown.ts';
import { kilobits } from './tables.ts';

/** @param quantizers the folder with the families' code */
export function comparisonTable(data: StudyData, quantizers: string): string {
  const families = data.families.filter(({ seeds }) => seeds.length > 0);
  if (families.length === 0) return 'Nothing is measured yet.';
  const rows: string[][] = [['', ...families.map(({ plan }) => plan.label)]];
  const row = (name: string, of: (entry: Entry) => string): void => {
    rows.push([name, ...families.map(of)]);
  };
  const heading = (name: string): void => row(`**${name}**`, () => '');

  heading('Capacity');
  row(
    'codebooks × entries',
    ({ seeds: [first] }) => `${first!.maxCodebooks ?? NOTHING} × ${first!.codebookSize ?? NOTHING}`,
  );
  for (const kbps of REFERENCE_KBPS) {
    row(`effective kbit/s at ${kbps}`, (entry) => {
      const rate = rateNear(ratesOf(entry), kbps);
      if (rate === undefined) return NOTHING;
      const size = entry.seeds[0]!.codebookSize ?? 0;
      return withSpread(
        overSeeds(entry, rate.codebooks, (one) => effectiveKbps(one, size)),
        2,
      );
    });
  }
  heading('Bitrate control');
  row('rates of one model', bitrateControl);
  heading('Training stability');
  row('seeds', ({ seeds }) => String(seeds.length));
  row('training loss at the end', ({ seeds }) => withSpread(spreadOf(seeds.flatMap(finalLoss)), 3));
  row('SI-SDR dB at the highest rate', (entry) =>
    withSpread(
      overSeeds(entry, top(entry).codebooks, ({ metrics }) => metrics.siSdr),
      2,
    ),
  );
  row('least used codebook, %', (entry) =>
    fixed(
      least(entry, ({ usage }) => 100 * usage),
      0,
    ),
  );
  row('lowest perplexity', (entry) =>
    fixed(
      least(entry, ({ perplexity }) => perplexity),
      0,
    ),
  );
  row('collapsed, diverged (all its runs)', ({ family }) => events(data, family));
  heading('Inference cost');
  row('quantizer MACs per hop', ({ seeds: [first] }) => thousands(first!.quantizerMacs));
  row('quantizer ms per hop, p50', ({ seeds: [first] }) =>
    fixed(first!.bench?.quantizerMs?.p50, 3),
  );
  row('all MACs per hop', ({ seeds: [first] }) => thousands(first!.macsPerHop));
  row(
    'all ms per hop, p50 / p99',
    ({ seeds: [first] }) =>
      `${fixed(first!.bench?.hopMs.p50, 2)} / ${fixed(first!.bench?.hopMs.p99, 2)}`,
  );
  row('parameters', ({ seeds: [first] }) => thousands(first!.params));
  row('size, MB', ({ seeds: [first] }) =>
    fixed(first!.bytes === undefined ? undefined : first!.bytes / 1e6, 1),
  );
  heading('Quality');
  for (const measure of [
    MEASURES.pesq,
    MEASURES.stoi,
    MEASURES.estoi,
    MEASURES.siSdrImprovement,
    MEASURES.lsd,
  ]) {
    for (const kbps of REFERENCE_KBPS) {
      row(`${measure.label} at ${kbps} kbit/s`, (entry) => {
        const rate = rateNear(ratesOf(entry), kbps);
        if (rate === undefined) return NOTHING;
        return withSpread(
          overSeeds(entry, rate.codebooks, ({ metrics }) => metrics[measure.key]),
          measure.decimals,
        );
      });
    }
  }
  heading('Code complexity');
  row('lines, own / with what it shares', ({ family }) => {
    const lines = codeLines(quantizers, family);
    return lines === undefined ? NOTHING : `${lines.own} / ${lines.all}`;
  });
  return `${markdownTable(rows)}

Effective kbit/s: entropy of the codes over the test recordings, what an ideal entropy coder would send.
Quantizer ms: search and lookup alone, the runtime's own overhead taken off. ± is half the range over seeds.`;
}

/** What an ideal entropy coder would send of the codes, in kbit/s. */
function effectiveKbps(
  { kbps, codebooks, codes }: RateResult,
  codebookSize: number,
): number | undefined {
  if (codes.length === 0) return undefined;
  const bits = codes.reduce((sum, { effectiveBits }) => sum + effectiveBits, 0);
  return (kbps * bits) / (codebooks * Math.log2(codebookSize));
}

function bitrateControl(entry: Entry): string {
  const { quantizer } = entry.plan.config;
  const { codebooks, kbps } = top(entry);
  const dropout = isObject(quantizer) ? Number(quantizer['dropout'] ?? 0) : 0;
  if (codebooks <= 1 || dropout === 0) return `${kilobits(kbps)} only`;
  return `${kilobits(kbps / codebooks)} to ${kilobits(kbps)} in ${codebooks} steps`;
}

function top(entry: Entry): RateResult {
  return ratesOf(entry).at(-1)!;
}

function least(
  entry: Entry,
  pick: (code: RateResult['codes'][number]) => number,
): number | undefined {
  const values = entry.seeds.flatMap(({ rates }) => rates.flatMap(({ codes }) => codes.map(pick)));
  return values.length === 0 ? undefined : Math.min(...values);
}

function finalLoss({ curve }: RunResult): number[] {
  const last = curve.flatMap(([, loss]) => loss ?? []).slice(-5);
  return last.length === 0 ? [] : [last.reduce((a, b) => a + b, 0) / last.length];
}

function events({ runs }: StudyData, family: string): string {
  const count = (status: RunResult['status']): number =>
    runs.filter((run) => run.family === family && run.result?.status === status).length;
  const all = runs.filter((run) => run.family === family && run.result !== undefined).length;
  return `${count('collapsed')}, ${count('diverged')} of ${all}`;
}

function thousands(value: number | undefined): string {
  if (value === undefined) return NOTHING;
  return value >= 1e6
    ? `${fixed(value / 1e6, 2)} M`
    : `${fixed(value / 1e3, value >= 1e4 ? 0 : 1)} k`;
}
