/** One training run, as read from training/configs/*.json. Unknown keys and impossible values are refused. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ResiduaError } from '../../src/common/errors.ts';
import { modelConfigSchema } from '../model/config.ts';

const vqSchema = z.strictObject({
  family: z.literal('vq'),
  codebookSize: z.number().int().min(2).max(65536),
  /** Decay of the codebook averages per step. */
  emaDecay: z.number().min(0).max(0.9999).default(0.99),
  commitment: z.number().min(0).max(10).default(0.25),
  /** A code whose average count falls below this is moved to a random latent of the batch. */
  deadBelow: z.number().min(0).default(0.5),
  /** Steps that run unquantised before the k-means start. */
  startStep: z.number().int().min(0).default(0),
});

const quantizerSchema = z.discriminatedUnion('family', [
  z.strictObject({ family: z.literal('none') }),
  vqSchema,
]);

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
    /** Folder with pairs.csv, noisy/ and clean/ to report on while training; never trained on. */
    evaluate: z.string(),
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
  evaluateEverySteps: z.number().int().min(1).default(500),
});

export type TrainConfig = z.infer<typeof trainConfigSchema>;
export type QuantizerConfig = TrainConfig['quantizer'];

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
