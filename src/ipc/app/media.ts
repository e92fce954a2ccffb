import * as z from 'zod';

/**
 * Sound that the app holds and the window can draw and play, always read in pieces: a recording may last
 * hours. Channels are mixed to one for the window.
 */

export const idSchema = z.string().regex(/^[\w.-]{1,128}$/);

export const mediaRefSchema = z.discriminatedUnion('kind', [
  /** A recording of the library. */
  z.strictObject({
    kind: z.literal('recording'),
    id: idSchema,
    which: z.enum(['raw', 'enhanced']),
  }),
  /** A file of the queue. */
  z.strictObject({ kind: z.literal('job'), id: idSchema, which: z.enum(['before', 'after']) }),
  /** A clip of the comparison: as it came, its clean reference, or one variant of it. */
  z.strictObject({
    kind: z.literal('clip'),
    id: idSchema,
    variant: z.string().max(80),
  }),
]);
export type MediaRef = z.infer<typeof mediaRefSchema>;

export const mediaInfoSchema = z.strictObject({
  sampleRateHz: z.number().positive(),
  frames: z.int().nonnegative(),
});
export type MediaInfo = z.infer<typeof mediaInfoSchema>;

/** At most this many frames in one answer: 10 s at 48 kHz. */
export const MAX_READ_FRAMES = 480_000;

export const mediaReadSchema = z.strictObject({
  media: mediaRefSchema,
  startFrame: z.int().nonnegative(),
  frames: z.int().positive().max(MAX_READ_FRAMES),
});

/** Little-endian float32, one channel; shorter than asked for at the end. */
export const samplesSchema = z.instanceof(Uint8Array);

export const peaksRequestSchema = z.strictObject({
  media: mediaRefSchema,
  /** Equal parts of the whole length. */
  buckets: z.int().positive().max(4096),
});
/** Greatest magnitude in each part, 0..1. */
export const peaksSchema = z.array(z.number().min(0).max(1)).max(4096);

export const spectrogramRequestSchema = z.strictObject({
  media: mediaRefSchema,
  columns: z.int().positive().max(2048),
  rows: z.int().positive().max(512),
});
/** Column after column, each from 0 Hz up to 8 kHz; 0 is −90 dBFS or less, 255 is 0 dBFS. */
export const spectrogramSchema = z.strictObject({
  columns: z.int().positive(),
  rows: z.int().positive(),
  levels: z.instanceof(Uint8Array),
});
export type SpectrogramImage = z.infer<typeof spectrogramSchema>;

/** A file made for the window to save, fetched in pieces by `transfer.read` and dropped by `transfer.end`. */
export const transferSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  mimeType: z.string(),
  bytes: z.int().nonnegative(),
});
export type Transfer = z.infer<typeof transferSchema>;

/** Bytes in one message of an upload or a transfer. */
export const MAX_PIECE_BYTES = 1 << 20;
