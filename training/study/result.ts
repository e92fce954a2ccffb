/** What one run of the study gave, as kept in training/study/results/<id>.json. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { ResiduaError } from '../../src/common/errors.ts';
import { writeWhole } from './json.ts';

const number = z.number();
/** Means as `residua evaluate` names them; one that is undefined for all files is absent. */
export const metricsSchema = z.partialRecord(
  z.enum([
    'siSdr',
    'siSdrImprovement',
    'stoi',
    'stoiNoisy',
    'estoi',
    'estoiNoisy',
    'pesqWb',
    'pesqWbNoisy',
    'lsd',
    'lsdNoisy',
  ]),
  number,
);
const bySnr = z.array(z.object({ snrDb: number, files: number, metrics: metricsSchema }));

const codeUse = z.object({ usage: number, perplexity: number, effectiveBits: number });

const rateSchema = z.object({
  /** In use; 0 where nothing is quantized. */
  codebooks: number,
  kbps: number,
  /** Means over the noisy pairs, as `residua evaluate` gives them. */
  metrics: metricsSchema,
  bySnr,
  /** One per codebook in use. */
  codes: z.array(codeUse),
  /** The same measures of clean speech sent through. */
  cleanThrough: metricsSchema.optional(),
});

const times = z.object({ p50: number, p95: number, p99: number, max: number });

const resultSchema = z.object({
  id: z.string(),
  configHash: z.string(),
  /** trained: not measured in full yet; failed: will be tried again; the others are final. */
  status: z.enum(['trained', 'done', 'diverged', 'collapsed', 'failed']),
  reason: z.string().optional(),
  steps: number,
  /** Heard by this run alone, and with the runs that it started from. */
  audioHours: number,
  audioHoursBefore: number,
  wallSeconds: number,
  /** Step, training loss (mean since the point before), SI-SDR of the test pairs in dB. */
  curve: z.array(
    z.union([z.tuple([number, number.nullable()]), z.tuple([number, number.nullable(), number])]),
  ),
  rates: z.array(rateSchema),
  /** The unprocessed pairs. */
  noisy: z.object({ metrics: metricsSchema, bySnr, files: number }).optional(),
  bench: z
    .object({
      /** Per hop, in ms. */
      hopMs: times,
      /** Search and lookup alone; absent where nothing is quantized. */
      quantizerMs: z.object({ p50: number, p95: number }).optional(),
      rtf: number,
      rssMiB: number,
      coldStartMs: number,
    })
    .optional(),
  /** Of both graphs. */
  macsPerHop: number.optional(),
  /** Of search and lookup. */
  quantizerMacs: number.optional(),
  params: number.optional(),
  /** Of both graph files. */
  bytes: number.optional(),
  codebookSize: number.optional(),
  maxCodebooks: number.optional(),
});

export type RunResult = z.infer<typeof resultSchema>;
export type RateResult = RunResult['rates'][number];
export type Metrics = z.infer<typeof metricsSchema>;
export type SnrMetrics = z.infer<typeof bySnr>;
export type RunStatus = RunResult['status'];

/** @throws ResiduaError RESULT_CORRUPT when there is a file but no result in it */
export function readResult(path: string): RunResult | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return resultSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new ResiduaError('RESULT_CORRUPT', `${path} holds no result of a study`, {
      hint: 'Restore it from git, or delete it to measure the run again.',
      cause,
    });
  }
}

/** Writes it whole or not at all. */
export function writeResult(path: string, result: RunResult): void {
  writeWhole(path, `${compact(result)}\n`);
}

/** Indented, but with lists of numbers and small objects on one line: results are read in diffs. */
function compact(result: RunResult): string {
  return JSON.stringify(result, null, 1).replaceAll(/[[{][^[\]{}]*[\]}]/g, (inner) =>
    inner
      .replaceAll(/\n\s*/g, ' ')
      .replaceAll(/([[{]) /g, '$1')
      .replaceAll(/ ([\]}])/g, '$1'),
  );
}

/** Whether nothing is left to do for this result. */
export function isFinal({ status }: RunResult): boolean {
  return status === 'done' || status === 'collapsed' || status === 'diverged';
}
