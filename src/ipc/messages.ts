import * as z from 'zod';

/**
 * The messages that cross between the window and the processes behind it, as validators and the types
 * they imply. Whatever arrives is parsed here before anything trusts it.
 */

// zod otherwise compiles validators with `new Function`, which the content security policy forbids.
z.config({ jitless: true });

const count = z.int().nonnegative();

/** One way of quantizing the code, as shown to a person. */
export const quantizerSummarySchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  family: z.string(),
  label: z.string(),
  /** 0 for the quantizer-off mode. */
  maxCodebooks: count,
  bitsPerCodebook: z.number().nonnegative(),
  /** Bitrate with every codebook in use; 0 for the quantizer-off mode, which has no code stream. */
  kbpsMax: z.number().nonnegative(),
  /** Trained parameters, encoder and decoder together. */
  params: count,
  /** Multiply-accumulates per second of audio, encoder and decoder together. */
  macsPerSecond: z.number().nonnegative(),
});
export type QuantizerSummary = z.infer<typeof quantizerSummarySchema>;

export const modelSummarySchema = z.strictObject({
  id: z.string().min(1),
  name: z.string(),
  version: z.string(),
  license: z.string(),
  description: z.string(),
  sampleRateHz: z.number().positive(),
  hopMs: z.number().positive(),
  algorithmicLatencyMs: z.number().nonnegative(),
  quantizers: z.array(quantizerSummarySchema),
});
export type ModelSummary = z.infer<typeof modelSummarySchema>;

/** Something that failed, in words for a person. */
export const problemSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;
