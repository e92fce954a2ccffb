import * as z from 'zod';
import { idSchema } from './media.ts';

/** Clips compared by ear: each is played as it came and through any quantizer at any rate. */

/** Longest clip, s; a longer file is cut. */
export const MAX_CLIP_S = 30;

export const variantSchema = z.strictObject({
  quantizer: z.string().max(64),
  /** `null`: all of them. */
  codebooks: z.int().positive().nullable(),
});
export type Variant = z.infer<typeof variantSchema>;

/** As it stands in a `MediaRef`: `rvq@8`, `none`; besides these `noisy` and `reference`. */
export const variantKey = ({ quantizer, codebooks }: Variant): string =>
  codebooks === null ? quantizer : `${quantizer}@${codebooks}`;

export const clipMetricsSchema = z.strictObject({
  siSdr: z.number().nullable(),
  stoi: z.number().nullable(),
  pesqWb: z.number().nullable(),
});
export type ClipMetrics = z.infer<typeof clipMetricsSchema>;

export const clipSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  seconds: z.number().positive(),
  sampleRateHz: z.number().positive(),
  hasReference: z.boolean(),
  /** What is ready to be played: `noisy`, then `reference` where there is one, then what was rendered. */
  variants: z.array(
    z.strictObject({
      key: z.string(),
      label: z.string(),
      kbps: z.number().nonnegative(),
      /** Makes it as loud as the clip as it came (ITU-R BS.1770 integrated loudness); linear. */
      gain: z.number().positive(),
      metrics: clipMetricsSchema.nullable(),
    }),
  ),
});
export type Clip = z.infer<typeof clipSchema>;

/** Means of the shipped study on the test set, for the table beside the clip. */
export const studyRowSchema = z.strictObject({
  quantizer: z.string(),
  codebooks: z.int().nonnegative(),
  kbps: z.number().nonnegative(),
  siSdr: z.number(),
  siSdrImprovement: z.number(),
  stoi: z.number(),
  pesqWb: z.number(),
});
export type StudyRow = z.infer<typeof studyRowSchema>;

/** A noisy recording that ships with the app, with its clean reference. */
export const demoSchema = z.strictObject({
  title: z.string(),
  snrDb: z.number(),
});
export type Demo = z.infer<typeof demoSchema>;
