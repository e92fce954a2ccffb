import * as z from 'zod';
import { problemSchema } from '../messages.ts';
import { idSchema } from './media.ts';

/** The library of recordings. */

export const recordingSchema = z.strictObject({
  id: idSchema,
  /** As shown; renaming changes it and the folder's name. */
  name: z.string(),
  /** ISO 8601. */
  startedAt: z.string(),
  seconds: z.number().nonnegative(),
  bytes: z.int().nonnegative(),
  sampleRateHz: z.number().nonnegative(),
  /** Every quantizer that was heard, in order, with the greatest number of codebooks. */
  quantizers: z.array(
    z.strictObject({
      id: z.string(),
      codebooks: z.int().nonnegative(),
      kbps: z.number().nonnegative(),
    }),
  ),
  has: z.strictObject({ raw: z.boolean(), enhanced: z.boolean(), codes: z.boolean() }),
  isRecording: z.boolean(),
  /** A crash ended it; it was mended when the library was read. */
  isRecovered: z.boolean(),
  /** What is wrong with it; it can still be deleted or shown. */
  problem: problemSchema.nullable(),
});
export type Recording = z.infer<typeof recordingSchema>;

export const exportRequestSchema = z.strictObject({
  id: idSchema,
  which: z.enum(['raw', 'enhanced']),
  format: z.enum(['wav', 'flac', 'rsd']),
});
export type ExportRequest = z.infer<typeof exportRequestSchema>;
