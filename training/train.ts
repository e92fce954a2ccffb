/**
 * Trains one model: `npm run train -- --config training/configs/none.json`.
 * Checkpoints go to training/checkpoints/<name>, event logs to training/runs/<name>.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeError, exitCodeOf, UsageError } from '../src/common/errors.ts';
import { createBatchSource, loadEvalPairs, type BatchSource } from './data/index.ts';
import { Progress } from './log/progress.ts';
import { EventWriter } from './log/tensorboard.ts';
import { backendReport } from './tf.ts';
import { loadTrainConfig } from './trainer/config.ts';
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
  const source = await createBatchSource({
    corpus: config.data.corpora.map(({ path, format, weight }) => ({
      path: locate(path),
      ...(format === undefined ? {} : { format }),
      ...(weight === undefined ? {} : { weight }),
    })),
    seed: config.seed,
    batchSize: config.data.batchSize,
    segmentSeconds: config.data.segmentSeconds,
    sampleRate: config.model.sampleRate,
    snrDb: config.data.snrDb,
    augment: config.data.augment,
    cacheDir: join(root, 'training', 'cache'),
    startBatch: trainer.step,
  });
  log(source.describe());
  try {
    await run(trainer, source, pairs, folder, minutes);
  } finally {
    await source.close();
  }
}

async function run(
  trainer: Trainer,
  source: BatchSource,
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
  const events = new EventWriter(join(root, 'training', 'runs', config.name), {
    resumeStep: trainer.step,
  });
  const evaluate = (): void => {
    const { siSdr, cleanSiSdr, codes } = trainer.evaluate(pairs);
    const scalars: Record<string, number> = {
      'test/siSdr': siSdr,
      'test/cleanThroughSiSdr': cleanSiSdr,
    };
    let text =
      `step ${trainer.step} | ${(trainer.audioSeconds / 3600).toFixed(2)} h of audio | ` +
      `SI-SDR ${siSdr.toFixed(2)} dB | clean through ${cleanSiSdr.toFixed(2)} dB`;
    codes.forEach(({ usage, perplexity, effectiveBits }, stage) => {
      text += ` | codebook ${stage}: ${(100 * usage).toFixed(0)}% used, perplexity ${perplexity.toFixed(0)}`;
      scalars[`codes/${stage}/usage`] = usage;
      scalars[`codes/${stage}/perplexity`] = perplexity;
      scalars[`codes/${stage}/effectiveBits`] = effectiveBits;
    });
    progress.log(text);
    events.scalars(scalars, trainer.step);
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
      }
      if (step % config.checkpointEverySteps === 0) await trainer.save(folder);
      if (step % config.evaluateEverySteps === 0) evaluate();
    }
    await trainer.save(folder);
    evaluate();
  } finally {
    progress.finish();
    events.close();
  }
}

/** A config's path, relative to the project; RESIDUA_AUDIO moves the shared recordings. */
function locate(path: string): string {
  const shared = '../shared/audio';
  const moved = process.env['RESIDUA_AUDIO'];
  if (moved !== undefined && (path === shared || path.startsWith(`${shared}/`))) {
    return resolve(moved + path.slice(shared.length));
  }
  return resolve(root, path);
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
  process.stderr.write(`error: ${describeError(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
