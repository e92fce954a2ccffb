import { availableParallelism } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { evaluateInPool } from '../evaluation/pool.ts';
import { findPairs } from '../evaluation/pairs.ts';
import { summarise, summariseNoisy } from '../evaluation/summary.ts';
import type { NoisySummary, VariantSummary } from '../evaluation/summary.ts';
import { listVariants } from '../evaluation/variants.ts';
import { selectModel } from '../model-choice.ts';
import { addModelOptions, jsonOption, providerOption, wholeNumber } from '../options.ts';
import { Progress } from '../progress.ts';
import { figure, print, printJson, table, warn } from '../terminal.ts';

interface EvaluateOptions {
  models?: string;
  model?: string;
  quantizer: string;
  codebooks?: number[] | 'all';
  provider: string;
  cleanInput?: boolean;
  pesq: boolean;
  jobs: number;
  json?: boolean;
}

const HELP = `
The folder holds noisy/ and clean/ with files of the same names. A pairs.csv with the columns id and
snr_db names the pairs and groups the results by SNR. Measured at 16 kHz:
  SI-SDR  dB, higher is better        STOI, ESTOI  intelligibility, 0–1, higher is better
  PESQ    wide-band MOS, 1–4.6        LSD          log-spectral distance, dB, lower is better
Measures undefined for a pair (silence, too short) are left out of their mean, with a warning.

Examples:
  residua evaluate test/                                every quantizer, all its codebooks
  residua evaluate test/ --quantizer vq --json
  residua evaluate test/ --codebooks all                quality against bitrate
  residua evaluate test/ --codebooks 1,2,4,8            … at a few rates
  residua evaluate test/ --quantizer none --clean-input what the network does to clean speech`;

export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .summary('measure quality over a folder of pairs')
    .description('Measures how well quantizers clean a folder of noisy/clean pairs.')
    .argument('<dir>', 'folder with noisy/ and clean/');
  addModelOptions(command)
    .option('-q, --quantizer <id|all>', 'which quantizer', 'all')
    .option(
      '-n, --codebooks <n,…|all>',
      'codebooks to use, one number or several (default: the most there are)',
      codebooks,
    )
    .addOption(providerOption())
    .option('--clean-input', 'feed the clean recordings instead: what the codec alone costs')
    .option('--no-pesq', 'leave out PESQ, the slowest measure')
    .option('-j, --jobs <n>', 'processes to use', wholeNumber(1), availableParallelism())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(evaluate);
}

function codebooks(text: string): number[] | 'all' {
  if (text === 'all') return 'all';
  const parts = text.split(',');
  if (parts.every((part) => /^[1-9]\d{0,3}$/.test(part))) return [...new Set(parts.map(Number))];
  throw new InvalidArgumentError(
    "It must be a whole number from 1 up, several with commas between, or 'all'.",
  );
}

async function evaluate(folder: string, options: EvaluateOptions): Promise<void> {
  const model = await selectModel(options);
  const variants = listVariants(model.manifest, options.quantizer, options.codebooks);
  const pairs = await findPairs(folder);
  const cleanInput = options.cleanInput ?? false;
  const progress = new Progress('evaluate', pairs.length, 'pairs');
  const results = await evaluateInPool(
    pairs.map((pair) => ({ pair, cleanInput, pesq: options.pesq })),
    {
      modelFolder: model.folder,
      provider: options.provider,
      variants,
      jobs: options.jobs,
      onDone: (done) => progress.update(done),
    },
  ).finally(() => progress.end());
  results.forEach(({ problems }, i) => {
    for (const problem of new Set(problems)) warn(`${pairs[i]!.id}: not measured: ${problem}`);
  });
  const summaries = variants.map((variant, i) =>
    summarise(model.manifest, variant, i, pairs, results),
  );
  const noisy = cleanInput ? undefined : summariseNoisy(pairs, results);
  if (options.json) {
    printJson({
      model: model.manifest.id,
      input: cleanInput ? 'clean' : 'noisy',
      results: summaries,
      ...(noisy ? { noisy } : {}),
    });
  } else {
    printTable(summaries, noisy, pairs.length);
  }
}

function printTable(
  summaries: readonly VariantSummary[],
  noisy: NoisySummary | undefined,
  pairs: number,
): void {
  const rows = [['', 'kbit/s', 'SI-SDR dB', 'STOI', 'ESTOI', 'PESQ', 'LSD dB', 'codes used']];
  if (noisy) {
    const { siSdr, stoi, estoi, pesqWb, lsd } = noisy;
    rows.push([
      'noisy',
      '–',
      figure(siSdr, 2),
      figure(stoi, 3),
      figure(estoi, 3),
      figure(pesqWb, 2),
      figure(lsd, 2),
      '',
    ]);
  }
  for (const { quantizer, codebooks, bitrateKbps, metrics, codebookUsage } of summaries) {
    const used = codebookUsage?.map(({ usage }) => `${(usage * 100).toFixed(0)}%`).join(' ') ?? '';
    rows.push([
      codebooks > 1 ? `${quantizer} x${codebooks}` : quantizer,
      bitrateKbps > 0 ? figure(bitrateKbps, 2) : '–',
      figure(metrics.siSdr, 2),
      figure(metrics.stoi, 3),
      figure(metrics.estoi, 3),
      figure(metrics.pesqWb, 2),
      figure(metrics.lsd, 2),
      used,
    ]);
  }
  print(`${table(rows)}\nmeans over ${pairs} pairs`);
}
