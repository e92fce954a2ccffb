/** Every number of the study, one per line. */
import type { Metrics, RunResult, SnrMetrics } from '../result.ts';
import type { ReportRun } from './data.ts';

const HEAD = [
  'run',
  'group',
  'family',
  'status',
  'codebooks',
  'kbps',
  'input',
  'snr_db',
  'codebook',
  'step',
  'measure',
  'value',
];

type Cells = Partial<Record<(typeof HEAD)[number], string | number>>;

export function studyCsv(runs: readonly ReportRun[]): string {
  const lines = [HEAD.join()];
  for (const { plan, family, result } of runs) {
    if (result === undefined) continue;
    const { status } = result;
    const run: Cells = { run: plan.id, group: plan.group, family, status };
    const add = (cells: Cells): void => {
      const row = { ...run, ...cells };
      lines.push(HEAD.map((column) => row[column] ?? '').join());
    };
    addRun(result, add);
  }
  return `${lines.join('\n')}\n`;
}

function addRun(result: RunResult, add: (cells: Cells) => void): void {
  const quality = (cells: Cells, metrics: Metrics): void => {
    for (const [measure, value] of Object.entries(metrics)) add({ ...cells, measure, value });
  };
  const all = (cells: Cells, metrics: Metrics, bySnr: SnrMetrics): void => {
    quality({ ...cells, snr_db: 'all' }, metrics);
    for (const { snrDb, metrics: part } of bySnr) quality({ ...cells, snr_db: snrDb }, part);
  };
  const scalars = {
    steps: result.steps,
    audioHours: result.audioHours,
    audioHoursBefore: result.audioHoursBefore,
    wallSeconds: result.wallSeconds,
    params: result.params,
    bytes: result.bytes,
    macsPerHop: result.macsPerHop,
    quantizerMacs: result.quantizerMacs,
    quantizerMsP50: result.bench?.quantizerMs?.p50,
    hopMsP50: result.bench?.hopMs.p50,
    hopMsP95: result.bench?.hopMs.p95,
    hopMsP99: result.bench?.hopMs.p99,
    hopMsMax: result.bench?.hopMs.max,
    realTimeFactor: result.bench?.rtf,
    memoryMiB: result.bench?.rssMiB,
    coldStartMs: result.bench?.coldStartMs,
  };
  for (const [measure, value] of Object.entries(scalars)) {
    if (value !== undefined) add({ measure, value });
  }
  if (result.noisy !== undefined)
    all({ input: 'unprocessed' }, result.noisy.metrics, result.noisy.bySnr);
  for (const { codebooks, kbps, metrics, bySnr, codes, cleanThrough } of result.rates) {
    const rate: Cells = { codebooks, kbps };
    all({ ...rate, input: 'noisy' }, metrics, bySnr);
    if (cleanThrough !== undefined)
      quality({ ...rate, input: 'clean', snr_db: 'all' }, cleanThrough);
    codes.forEach((use, i) => {
      for (const [measure, value] of Object.entries(use)) {
        add({ ...rate, input: 'noisy', codebook: i + 1, measure, value });
      }
    });
  }
  for (const [step, loss, siSdr] of result.curve) {
    if (loss !== null) add({ step, measure: 'trainingLoss', value: loss });
    if (siSdr !== undefined) add({ step, measure: 'siSdrWhileTraining', value: siSdr });
  }
}
