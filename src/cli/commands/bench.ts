import type { Command } from 'commander';
import { runBench, type BenchResult } from '../benchmark/run-bench.ts';
import { listVariants } from '../evaluation/variants.ts';
import { selectModel } from '../model-choice.ts';
import {
  addModelOptions,
  jsonOption,
  numberBetween,
  providerOption,
  wholeNumber,
} from '../options.ts';
import { figure, log, print, printJson, table } from '../terminal.ts';

interface BenchOptions {
  models?: string;
  model?: string;
  quantizer: string;
  codebooks?: number;
  provider: string;
  seconds: number;
  json?: boolean;
}

const HELP = `
Times encoder, quantizer and decoder hop by hop on one core, each quantizer in a process of its own.
  real-time factor   processing time over audio time; below 1 keeps up
  cold start         from starting the process to the first hop out, median of three

Examples:
  residua bench
  residua bench --quantizer none --seconds 30 --json
  residua bench --provider auto`;

export function registerBench(program: Command): void {
  const command = program
    .command('bench')
    .summary('time the codec on this machine')
    .description('Measures time per hop, memory and start-up on this machine.');
  addModelOptions(command)
    .option('-q, --quantizer <id|all>', 'which quantizer', 'all')
    .option('-n, --codebooks <n>', 'codebooks to use (default: all)', wholeNumber(1))
    .addOption(providerOption())
    .option('-s, --seconds <s>', 'audio to process per quantizer', numberBetween(0.1, 86400), 10)
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(bench);
}

async function bench(options: BenchOptions): Promise<void> {
  const model = await selectModel(options);
  const results: BenchResult[] = [];
  for (const variant of listVariants(model.manifest, options.quantizer, options.codebooks)) {
    if (!options.json) log(`timing ${variant.quantizer} …`);
    const { provider, seconds } = options;
    results.push(await runBench({ modelFolder: model.folder, ...variant, provider, seconds }));
  }
  if (options.json) {
    printJson({ results });
    return;
  }
  const rows = results.map((result) => [
    result.quantizer,
    result.provider,
    figure(result.hopMs.p50, 3),
    figure(result.hopMs.p95, 3),
    figure(result.hopMs.p99, 3),
    figure(result.hopMs.max, 3),
    figure(result.rtf, 4),
    figure(result.rssMiB, 0),
    figure(result.coldStartMs, 0),
  ]);
  const head = [
    '',
    'on',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'max ms',
    'real-time factor',
    'MiB',
    'cold start ms',
  ];
  print(table([head, ...rows]));
}
