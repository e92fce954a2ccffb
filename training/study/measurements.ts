/** The documents that `residua evaluate --json` and `residua bench --json` print, as far as the study reads them. */
import { z } from 'zod';
import { metricsSchema } from './result.ts';

const bySnrSchema = z.array(
  z.object({ snrDb: z.number(), files: z.number(), metrics: metricsSchema }),
);

export const evaluationSchema = z.object({
  results: z
    .array(
      z.object({
        codebooks: z.number(),
        bitrateKbps: z.number(),
        files: z.number(),
        metrics: metricsSchema,
        bySnr: bySnrSchema.optional(),
        codebookUsage: z
          .array(z.object({ usage: z.number(), perplexity: z.number(), effectiveBits: z.number() }))
          .optional(),
      }),
    )
    .min(1),
  /** Absent with clean input. Its measures stand beside `bySnr`. */
  noisy: z
    .looseObject({
      bySnr: z.array(z.looseObject({ snrDb: z.number(), files: z.number() })).optional(),
    })
    .transform(({ bySnr, ...metrics }) => ({
      metrics: metricsSchema.parse(metrics),
      bySnr: (bySnr ?? []).map(({ snrDb, files, ...rest }) => ({
        snrDb,
        files,
        metrics: metricsSchema.parse(rest),
      })),
    }))
    .optional(),
});

export const benchSchema = z.object({
  results: z
    .array(
      z.object({
        hopMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }),
        rtf: z.number(),
        rssMiB: z.number(),
        coldStartMs: z.number(),
      }),
    )
    .min(1),
});

export const lookupSchema = z.object({
  quantizerMs: z.object({ p50: z.number(), p95: z.number() }),
});

export type Evaluation = z.infer<typeof evaluationSchema>;
