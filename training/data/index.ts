import { availableParallelism } from 'node:os';
import { buildCache, type CacheProgress, readIndex, type SkippedFile } from './cache.ts';
import { listCorpus } from './corpora/index.ts';
import type { CorpusSpec } from './corpora/types.ts';
import { DataError } from './errors.ts';
import {
  type AugmentOptions,
  type Range,
  RESIDUA_NOISE_WEIGHTS,
  RESIDUA_SPEECH_WEIGHTS,
  resolveAugment,
} from './options.ts';
import type { PoolPart } from './pool.ts';
import { type Batch, type SourceStats, WorkerBatches } from './source.ts';

export { loadEvalPairs, type EvalPair } from './eval-pairs.ts';
export { type AugmentOptions, DEFAULT_AUGMENT } from './options.ts';
export type { Batch } from './source.ts';
export type { CorpusSpec } from './corpora/types.ts';
export { DataError } from './errors.ts';
export { type PreparedBatch, PreparedSource, PreparedWriter } from './prepared.ts';

export interface BatchSourceOptions {
  corpus: readonly CorpusSpec[];
  seed: number;
  batchSize: number;
  segmentSeconds: number;
  sampleRate: 16000;
  snrDb: Range;
  augment?: Partial<AugmentOptions>;
  /** Decoded recordings are kept here, see {@link buildCache}. */
  cacheDir: string;
  /** Mixing threads. Default 1. */
  workers?: number;
  /** Batches made ahead. Default 4. */
  prefetch?: number;
  /** First batch, to resume where an earlier run stopped. Default 0. */
  startBatch?: number;
  /** Called while recordings are decoded, which happens once per corpus. */
  onProgress?: CacheProgress;
  /** Receives one line for each recording that was left out. Default: stderr. */
  onWarning?: (line: string) => void;
}

/** What there is to draw from. */
export interface DataSummary {
  speechHours: number;
  noiseHours: number;
  pairHours: number;
  speechFiles: number;
  noiseFiles: number;
  pairFiles: number;
  speakers: number;
  skipped: SkippedFile[];
}

export interface BatchSource {
  /** The next batch, in order; await each call before the next one. */
  next(): Promise<Batch>;
  stats(): SourceStats & DataSummary;
  /** One line for a log. */
  describe(): string;
  close(): Promise<void>;
}

/**
 * Opens a seeded stream of training batches. The same corpora, options and `startBatch` give the same
 * batches, whatever the timing or the number of workers.
 *
 * @throws DataError DATA_NOT_FOUND (no such folder), DATA_EMPTY (no speech), DATA_FORMAT, DATA_SPLIT,
 * DATA_OPTIONS.
 */
export async function createBatchSource(options: BatchSourceOptions): Promise<BatchSource> {
  const augment = resolveAugment(options.augment);
  const samples = Math.round(options.segmentSeconds * options.sampleRate);
  checkOptions(options, samples);
  const parts: PoolPart[] = [];
  const summary: DataSummary = {
    speechHours: 0,
    noiseHours: 0,
    pairHours: 0,
    speechFiles: 0,
    noiseFiles: 0,
    pairFiles: 0,
    speakers: 0,
    skipped: [],
  };
  const warn = options.onWarning ?? ((line: string) => process.stderr.write(`${line}\n`));
  const speakers = new Set<string>();
  for (const [corpus, spec] of options.corpus.entries()) {
    const listing = listCorpus(spec);
    const dir = await buildCache(spec.path, listing, options.cacheDir, options.onProgress);
    const index = readIndex(dir);
    for (const { path, reason } of index.skipped) warn(`skipped ${path}: ${reason}`);
    summary.skipped.push(...index.skipped);
    for (const clip of index.speech) {
      summary.speechHours += clip.length / 57.6e6;
      if (clip.speaker !== undefined) speakers.add(clip.speaker);
    }
    for (const clip of index.noise) summary.noiseHours += clip.length / 57.6e6;
    for (const clip of index.pairs ?? []) summary.pairHours += clip.length / 57.6e6;
    summary.pairFiles += index.pairs?.length ?? 0;
    summary.speechFiles += index.speech.length;
    summary.noiseFiles += index.noise.length;
    const known = index.format === 'residua';
    const weight = spec.weight ?? 1;
    parts.push({
      dir,
      corpus,
      weight,
      speech: index.speech,
      noise: index.noise,
      pairs: index.pairs ?? [],
      speechWeights: { ...(known ? RESIDUA_SPEECH_WEIGHTS : {}), ...spec.speechWeights },
      noiseWeights: { ...(known ? RESIDUA_NOISE_WEIGHTS : {}), ...spec.noiseWeights },
    });
  }
  summary.speakers = speakers.size;
  const drawable = parts.some(
    ({ weight, speech, speechWeights }) =>
      weight > 0 && speech.some(({ source }) => (speechWeights[source] ?? 1) > 0),
  );
  if (!drawable) {
    throw new DataError(
      'DATA_EMPTY',
      'the training data holds no readable speech',
      'Name a corpus with speech, and give it a weight above 0.',
    );
  }
  const batches = new WorkerBatches(
    {
      mixer: { parts, seed: options.seed, samples, snrDb: options.snrDb, augment },
      batchSize: options.batchSize,
    },
    Math.min(options.workers ?? 1, Math.max(1, availableParallelism())),
    options.prefetch ?? 4,
    options.startBatch ?? 0,
  );
  return {
    next: () => batches.next(),
    stats: () => ({ ...batches.stats(), ...summary }),
    describe: () =>
      `${summary.speechHours.toFixed(2)} h speech (${summary.speechFiles} files, ` +
      `${summary.speakers} named readers), ${summary.noiseHours.toFixed(2)} h noise ` +
      `(${summary.noiseFiles} files), ` +
      (summary.pairFiles > 0
        ? `${summary.pairHours.toFixed(2)} h pairs (${summary.pairFiles} files), `
        : '') +
      `${summary.skipped.length} skipped`,
    close: () => batches.close(),
  };
}

function checkOptions(options: BatchSourceOptions, samples: number): void {
  const positive = (value: number, name: string): void => {
    if (!Number.isInteger(value) || value < 1) {
      throw new DataError('DATA_OPTIONS', `${name} must be a positive integer, not ${value}`);
    }
  };
  if (options.corpus.length === 0) throw new DataError('DATA_OPTIONS', 'no corpus is named');
  if ((options.sampleRate as number) !== 16000) {
    throw new DataError('DATA_OPTIONS', `sampleRate must be 16000, not ${options.sampleRate}`);
  }
  if (!(samples >= 8000)) {
    throw new DataError('DATA_OPTIONS', 'segmentSeconds must be at least 0.5');
  }
  positive(options.batchSize, 'batchSize');
  positive(options.workers ?? 1, 'workers');
  positive(options.prefetch ?? 4, 'prefetch');
  positive((options.startBatch ?? 0) + 1, 'startBatch + 1');
  if (!(options.snrDb[0] <= options.snrDb[1])) {
    throw new DataError('DATA_OPTIONS', 'snrDb must be [low, high]');
  }
}
