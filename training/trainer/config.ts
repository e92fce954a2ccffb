/** One training run, as read from training/configs/*.json. Unknown keys and impossible values are refused. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ResiduaError } from '../../src/common/errors.ts';
import { modelConfigSchema } from '../model/config.ts';
import { quantizerSchema } from '../quantizers/index.ts';

export const trainConfigSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  seed: z.number().int().min(0),
  model: modelConfigSchema,
  quantizer: quantizerSchema,
  /** Id under which the quantizer is exported and its weights are named, e.g. "vq". */
  quantizerId: z.string().regex(/^[a-z0-9-]+$/),
  data: z.strictObject({
    /** What to train on; relative paths start at the project. See training/data/corpora. */
    corpora: z
      .array(
        z.strictObject({
          path: z.string(),
          /** Layout; found from the folder's contents when absent. */
          format: z.string().optional(),
          /** Multiplies how often this corpus is drawn. */
          weight: z.number().positive().optional(),
        }),
      )
      .min(1),
    /** Folder made by training/prepare.ts: mixtures with the denoiser's output, used instead of `corpora`. */
    prepared: z.string().optional(),
    /** Folder with pairs.csv, noisy/ and clean/ to report on while training; never trained on. */
    evaluate: z.string(),
    /** Batches whose latents codebooks start from. */
    fitBatches: z.number().int().min(1).max(1000).default(24),
    segmentSeconds: z.number().min(0.5).max(20),
    batchSize: z.number().int().min(1).max(512),
    snrDb: z.tuple([z.number(), z.number()]),
    /** Overrides of the augmentation defaults, see training/data. */
    augment: z.record(z.string(), z.unknown()).default({}),
  }),
  loss: z.strictObject({
    /** Weight per dB of the logarithmic waveform error. */
    waveform: z.number().min(0),
    magnitude: z.number().min(0),
    complex: z.number().min(0),
    /**
     * The bitrate from which on the waveform and complex terms count in full; below it they count in
     * proportion, because few bits cannot follow the waveform and trying costs what they could do.
     */
    fullWaveformKbps: z.number().positive().optional(),
    /** STFT window lengths in samples, half overlapping. */
    windows: z.array(z.number().int().min(32).max(4096).multipleOf(2)).min(1),
  }),
  optimizer: z.strictObject({
    peakLearningRate: z.number().positive(),
    floorLearningRate: z.number().min(0),
    warmupSteps: z.number().int().min(1),
    totalSteps: z.number().int().min(1),
    weightDecay: z.number().min(0).default(0.01),
    clipNorm: z.number().positive().default(1),
    emaDecay: z.number().min(0).max(0.99999).default(0.999),
    /** Update rule of linear layers' weights, see muon.ts. */
    matrices: z.enum(['adamw', 'muon']).default('adamw'),
  }),
  /** Checkpoints whose averaged weights the run starts from, later entries over earlier ones. */
  init: z
    .array(
      z.strictObject({
        /** Checkpoint folder, relative to the project. */
        checkpoint: z.string(),
        /** Only parameters whose names start with one of these; default all that fit. */
        only: z.array(z.string()).optional(),
      }),
    )
    .default([]),
  /** Parameters whose names start with one of these are not trained. */
  freeze: z.array(z.string()).default([]),
  checkpointEverySteps: z.number().int().min(1).default(200),
  /** 0: never, also not at the end, for runs that are measured otherwise. */
  evaluateEverySteps: z.number().int().min(0).default(500),
  /** Numbers of codebooks to report on besides all of them. */
  evaluateCodebooks: z.array(z.number().int().min(1)).default([]),
});

export type TrainConfig = z.infer<typeof trainConfigSchema>;

/** @throws ResiduaError CONFIG_INVALID naming the first wrong field. */
export function parseTrainConfig(value: unknown, source: string): TrainConfig {
  const result = trainConfigSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined ? '' : ` at "${issue.path.join('.')}": ${issue.message}`;
  throw new ResiduaError('CONFIG_INVALID', `${source} is no valid training config${where}`, {
    hint: 'Compare it with training/configs/*.json.',
  });
}

export async function loadTrainConfig(path: string): Promise<TrainConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new ResiduaError('CONFIG_NOT_FOUND', `Cannot read the training config ${path}`, {
      hint: 'Name one of training/configs/*.json.',
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ResiduaError('CONFIG_INVALID', `${path} is not JSON`, { cause: error });
  }
  return parseTrainConfig(value, path);
}
