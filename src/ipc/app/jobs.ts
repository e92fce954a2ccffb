import * as z from 'zod';
import { problemSchema } from '../messages.ts';
import { idSchema } from './media.ts';
import { fileOptionsSchema } from './settings.ts';

/** The queue of files to clean. */

/** What cannot be sent to the app: the browser has to carry every byte. Larger files go by path in the desktop app. */
export const MAX_UPLOAD_BYTES = 2 ** 31;

export const uploadBeginSchema = z.strictObject({
  name: z.string().min(1).max(255),
  bytes: z.int().nonnegative(),
});

export const uploadPieceSchema = z.strictObject({
  id: idSchema,
  /** Of this piece in the file: pieces come in order. */
  offset: z.int().nonnegative(),
  bytes: z.instanceof(Uint8Array),
});

export const fileSourceSchema = z.union([
  z.strictObject({ upload: idSchema }),
  /** Desktop app only. */
  z.strictObject({ path: z.string().min(1).max(4096) }),
]);
export type FileSource = z.infer<typeof fileSourceSchema>;

export const addJobsSchema = z.strictObject({
  sources: z.array(fileSourceSchema).min(1).max(1000),
  options: fileOptionsSchema,
});

export const jobSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  options: fileOptionsSchema,
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  /** 0..1. */
  progress: z.number().min(0).max(1),
  secondsLeft: z.number().nonnegative().nullable(),
  /** Length of the sound, once known. */
  seconds: z.number().nonnegative().nullable(),
  /** How many times faster than it plays. */
  speed: z.number().nonnegative().nullable(),
  kbps: z.number().nonnegative().nullable(),
  /** Where the result lies; `null` in a browser, which fetches it instead. */
  output: z.string().nullable(),
  problem: problemSchema.nullable(),
});
export type Job = z.infer<typeof jobSchema>;
