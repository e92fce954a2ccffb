/**
 * Makes the batches that codecs of every kind train on, see data/prepared.ts:
 * `npm run prepare-data -- --checkpoint training/checkpoints/none-v3 --hours 6 --out training/prepared/v3`.
 */
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeError, exitCodeOf, UsageError } from '../src/common/errors.ts';
import { createBatchSource, PreparedWriter } from './data/index.ts';
import { Progress } from './log/progress.ts';
import { backendReport } from './tf.ts';
import { readCheckpoint } from './trainer/checkpoint.ts';
import { parseTrainConfig } from './trainer/config.ts';
import { Trainer } from './trainer/trainer.ts';

const HELP = `Mix training batches and run a trained denoiser over them, once, for codecs to train on.

  npm run prepare-data -- --checkpoint DIR --out DIR [--hours H] [--seed N]

  --checkpoint DIR  the denoiser; its averaged weights and the data settings of its config are used
  --out DIR         where the batches go (about 350 MB per hour); an interrupted run goes on
  --hours H         hours of audio (default 6)
  --seed N          of the mixtures (default 1000)
`;

const root = resolve(import.meta.dirname, '..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      checkpoint: { type: 'string' },
      out: { type: 'string' },
      hours: { type: 'string', default: '6' },
      seed: { type: 'string', default: '1000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.checkpoint === undefined || values.out === undefined) {
    throw new UsageError('--checkpoint DIR and --out DIR are both needed.');
  }
  const hours = Number(values.hours);
  const seed = Number(values.seed);
  if (!(hours > 0)) throw new UsageError(`--hours wants a positive number, got "${values.hours}".`);
  if (!Number.isInteger(seed))
    throw new UsageError(`--seed wants an integer, got "${values.seed}".`);

  const folder = resolve(values.checkpoint);
  const { meta } = await readCheckpoint(folder);
  const config = parseTrainConfig(meta.config, folder);
  const trainer = new Trainer(config);
  await trainer.initialise(folder);
  process.stderr.write(`backend: tfjs ${backendReport.backend}\n`);

  const { data, model } = config;
  const samples = Math.round(data.segmentSeconds * model.sampleRate);
  const writer = await PreparedWriter.open(resolve(values.out), {
    format: 'residua-prepared',
    formatVersion: 1,
    denoiser: `${meta.name} at step ${meta.step}`,
    batchSize: data.batchSize,
    samples,
    hopSamples: model.hopSamples,
    seed,
  });
  const shared = process.env['RESIDUA_AUDIO'];
  const source = await createBatchSource({
    corpus: data.corpora.map(({ path, format, weight }) => ({
      path:
        shared !== undefined && path === '../shared/audio' ? resolve(shared) : resolve(root, path),
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
    startBatch: writer.count,
  });
  const total = Math.ceil((hours * 3600) / (data.batchSize * data.segmentSeconds));
  const progress = new Progress({ total, start: writer.count });
  try {
    while (writer.count < total) {
      await setImmediate();
      const batch = await source.next();
      writer.append(batch, trainer.denoise(batch));
      const { audioSeconds } = batch;
      progress.update({ step: writer.count, loss: 0, learningRate: 0, audioSeconds });
    }
  } finally {
    progress.finish();
    writer.close();
    await source.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${describeError(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
