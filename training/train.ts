/**
 * Trains one model: `npm run train -- --config training/configs/none.json`.
 * Checkpoints go to training/checkpoints/<name>, event logs and log.jsonl to training/runs/<name>.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { exitCodeOf, UsageError } from '../src/common/errors.ts';
import {
  createBatchSource,
  loadEvalPairs,
  PreparedSource,
  type Batch,
  type BatchSource,
  type PreparedBatch,
} from './data/index.ts';
import { locate } from './data/locate.ts';
import { errorLine } from './log/error-line.ts';
import { Progress } from './log/progress.ts';
import { RunLog } from './log/run-log.ts';
import { EventWriter } from './log/tensorboard.ts';
import { backendReport } from './tf.ts';
import { loadTrainConfig, type TrainConfig } from './trainer/config.ts';
import { Trainer } from './trainer/trainer.ts';

const HELP = `Train a model.

  npm run train -- --config training/configs/none.json [--resume] [--minutes M] [--steps N]

  --config FILE   what to train (see training/configs)
  --resume        go on from training/checkpoints/<name>
  --minutes M     stop, with a checkpoint, after M minutes
  --steps N       overrides optimizer.totalSteps
  --evaluate DIR  folder with pairs.csv, noisy/ and clean/ to report on instead of the config's

RESIDUA_AUDIO=DIR stands in for ../shared/audio in a config.
`;

const root = resolve(import.meta.dirname, '..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      resume: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      steps: { type: 'string' },
      evaluate: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.config === undefined) throw new UsageError('Which config? --config FILE is missing.');
  const config = await loadTrainConfig(values.config);
  if (values.steps !== undefined) config.optimizer.totalSteps = positive('--steps', values.steps);
  const minutes = values.minutes === undefined ? Infinity : positive('--minutes', values.minutes);

  for (const line of backendReport.passedOver) log(`backend not used: ${line}`);
  log(`backend: tfjs ${backendReport.backend}`);
  const trainer = new Trainer(config);
  const folder = join(root, 'training', 'checkpoints', config.name);
  if (values.resume && existsSync(folder)) {
    await trainer.resume(folder);
    log(`resumed at step ${trainer.step}, ${(trainer.audioSeconds / 3600).toFixed(2)} h seen`);
  } else {
    for (const { checkpoint, only } of config.init) {
      const loaded = await trainer.initialise(resolve(root, checkpoint), only);
      log(`${loaded} parameters start from ${checkpoint}`);
    }
  }
  log(
    `${config.name}: ${trainer.parameterCount()} parameters, ${trainer.store.trainable().length} trained tensors`,
  );

  const pairs = await loadEvalPairs(locate(values.evaluate ?? config.data.evaluate));
  const source = await openData(config, trainer.step);
  log(source.describe());
  try {
    await trainer.fitQuantizer(() => source.next(), config.data.fitBatches);
    await run(trainer, source, pairs, folder, minutes);
  } finally {
    await source.close();
  }
}

async function run(
  trainer: Trainer,
  source: TrainingData,
  pairs: Awaited<ReturnType<typeof loadEvalPairs>>,
  folder: string,
  minutes: number,
): Promise<void> {
  const { config } = trainer;
  const started = performance.now();
  let stopping = false;
  process.once('SIGINT', () => (stopping = true));
  process.once('SIGTERM', () => (stopping = true));
  const total = config.optimizer.totalSteps;
  const progress = new Progress({ total, start: trainer.step });
  const runFolder = join(root, 'training', 'runs', config.name);
  const events = new EventWriter(runFolder, { resumeStep: trainer.step });
  const runLog = new RunLog(join(runFolder, 'log.jsonl'), trainer.step, trainer.audioSeconds);
  const { codebooks } = trainer.network.quantizer;
  const counts = new Set([...config.evaluateCodebooks.filter((n) => n < codebooks), codebooks]);
  const evaluating = config.evaluateEverySteps > 0;
  let evaluated = -1;
  const evaluate = (): void => {
    evaluated = trainer.step;
    for (const active of counts) report(active);
  };
  const report = (active: number): void => {
    const { siSdr, cleanSiSdr, codes } = trainer.evaluate(pairs, active);
    const group = active === codebooks ? 'test' : `test${active}`;
    const scalars: Record<string, number> = {
      [`${group}/siSdr`]: siSdr,
      [`${group}/cleanThroughSiSdr`]: cleanSiSdr,
    };
    let text =
      `step ${trainer.step} | ${(trainer.audioSeconds / 3600).toFixed(2)} h of audio | ` +
      (codebooks > 1 ? `${active} codebooks | ` : '') +
      `SI-SDR ${siSdr.toFixed(2)} dB | clean through ${cleanSiSdr.toFixed(2)} dB`;
    if (active === codebooks && codes.length > 0) {
      const percent = codes.map(({ usage }) => (100 * usage).toFixed(0)).join(' ');
      const perplexities = codes.map(({ perplexity }) => perplexity.toFixed(0)).join(' ');
      text += ` | codes used ${percent} %, perplexity ${perplexities}`;
      codes.forEach(({ usage, perplexity, effectiveBits }, stage) => {
        scalars[`codes/${stage}/usage`] = usage;
        scalars[`codes/${stage}/perplexity`] = perplexity;
        scalars[`codes/${stage}/effectiveBits`] = effectiveBits;
      });
    }
    progress.log(text);
    events.scalars(scalars, trainer.step);
    runLog.evaluation(trainer.step, { codebooks: active, siSdr, cleanSiSdr, codes });
  };
  try {
    while (!stopping && trainer.step < total) {
      if (performance.now() - started > minutes * 60_000) break;
      // Lets signals in: with batches ready, a step never waits for the event loop.
      await setImmediate();
      const batch = await source.next();
      const { step, loss, learningRate, gradientNorm, terms } = trainer.trainStep(batch);
      progress.update({ step, loss, learningRate, audioSeconds: batch.audioSeconds });
      if (step % 10 === 0) {
        const named = Object.entries(terms).map(([name, value]) => [`loss/${name}`, value]);
        events.scalars(
          { 'loss/total': loss, learningRate, gradientNorm, ...Object.fromEntries(named) },
          step,
        );
        runLog.step({ step, loss, learningRate, terms, audioSeconds: trainer.audioSeconds });
      }
      if (step % config.checkpointEverySteps === 0) await trainer.save(folder);
      if (evaluating && step % config.evaluateEverySteps === 0) evaluate();
    }
    await trainer.save(folder);
    // Whoever stopped it does not want to wait; and what was just evaluated is not evaluated again.
    if (evaluating && !stopping && evaluated !== trainer.step) evaluate();
  } finally {
    progress.finish();
    events.close();
  }
}

type TrainingData = Pick<BatchSource, 'describe'> & {
  next(): PreparedBatch | Promise<Batch>;
  close(): void | Promise<void>;
};

async function openData(
  { data, model, seed }: TrainConfig,
  startBatch: number,
): Promise<TrainingData> {
  if (data.prepared !== undefined) {
    return new PreparedSource(resolve(root, data.prepared), seed, startBatch);
  }
  return createBatchSource({
    corpus: data.corpora.map(({ path, format, weight }) => ({
      path: locate(path),
      ...(format === undefined ? {} : { format }),
      ...(weight === undefined ? {} : { weight }),
    })),
    seed,
    batchSize: data.batchSize,
    segmentSeconds: data.segmentSeconds,
    sampleRate: model.sampleRate,
    snrDb: data.snrDb,
    augment: data.augment,
    cacheDir: join(root, 'training', 'cache'),
    startBatch,
  });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`${option} wants a positive number, got "${text}".`);
  return value;
}

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorLine(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
