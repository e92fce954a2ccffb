import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { OrtLoader } from '../../inference/onnxruntime/loader.ts';
import { addModelOptions, jsonOption } from '../options.ts';
import { Progress } from '../progress.ts';
import { print, printJson, warn } from '../terminal.ts';
import { commonSampleRate, loadDemoModels } from './models.ts';
import { prepareOutput } from './output.ts';
import { loadRecordings } from './recordings.ts';
import { runDemo } from './run.ts';
import { demoTable } from './table.ts';

interface DemoOptions {
  readonly out: string;
  readonly recordings: string;
  readonly models?: string;
  readonly model?: string;
  readonly quantizer: string;
  readonly json?: boolean;
}

/** The recordings of this package. */
const PACKAGED_RECORDINGS = fileURLToPath(new URL('../../../resources/demo', import.meta.url));

const HELP = `
Streams six real noisy recordings hop by hop through the codec, exactly as live, and compares what
comes out with the clean originals. Writes WAV files and one HTML page with players and spectrograms
that loads nothing from elsewhere. Needs no sound card, no GPU, no display and no network.

Examples:
  npm run demo
  npm run demo -- --quantizer vq --out /tmp/demo
  residua demo --json > demo.json`;

export function registerDemo(program: Command): void {
  const command = program
    .command('demo')
    .summary('hear and see every quantizer on real noisy recordings')
    .description(
      'Runs real noisy recordings through every quantizer: a table, WAV files, a web page.',
    )
    .option('-o, --out <dir>', 'folder to write to', 'demo-out')
    .option('-q, --quantizer <id>', 'one quantizer only', 'all');
  addModelOptions(command)
    .option('--recordings <dir>', 'folder with demo.json', relative('', PACKAGED_RECORDINGS) || '.')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const models = await loadDemoModels(options);
  const recordings = await loadRecordings(options.recordings, commonSampleRate(models));
  const output = await prepareOutput(options.out);

  let progress: Progress | undefined;
  const report = await runDemo({
    models,
    recordings,
    output,
    loader: new OrtLoader(),
    onProgress: (done, steps) => {
      progress ??= new Progress('demo', steps, 'recordings');
      progress.update(done);
    },
    onProblem: warn,
  }).finally(() => progress?.end());

  if (options.json) {
    printJson(report);
    return;
  }
  const names = models.map(({ model }) => `${model.manifest.id} ${model.manifest.version}`);
  print(`${names.join(', ')}, streamed in hops of ${report.hopMs} ms on ${report.machine}\n`);
  print(demoTable(report));
  print('\nHow close to the clean recording, noisy → enhanced; higher is better.');
  print(`\nPage to open in a browser: ${pathToFileURL(resolve(report.page)).href}`);
  print(`WAV files: ${report.audio}`);
}
