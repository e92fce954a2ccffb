import { readFile } from 'node:fs/promises';
import * as z from 'zod';

/** `<base>.json` of a recording, as far as the library needs it; what else is in it is kept. */

const count = z.int().nonnegative();

export const sidecarSchema = z.looseObject({
  format: z.literal('residua-recording'),
  formatVersion: z.literal(1),
  startedAt: z.iso.datetime({ offset: true }),
  codes: z.array(
    z.looseObject({
      file: z.string(),
      quantizer: z.string(),
      codebooks: count,
      samples: count.nullable(),
    }),
  ),
  samples: count.nullable(),
  ended: z.string().nullable(),
  /** Given by a person. */
  name: z.string().max(200).optional(),
  /** In use at the start, where the files' names no longer say so. */
  quantizer: z.string().optional(),
  /** A crash ended it; its files were mended by the library. */
  recovered: z.boolean().optional(),
});
export type Sidecar = z.infer<typeof sidecarSchema>;

/**
 * @returns `undefined` for a file of something else
 * @throws Error when it cannot be read, or is a recording's and damaged
 */
export async function readSidecar(path: string): Promise<Sidecar | undefined> {
  const json: unknown = JSON.parse(await readFile(path, 'utf8'));
  const format = (json as { format?: unknown } | null)?.format;
  if (format !== 'residua-recording') return undefined;
  const parsed = sidecarSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.') || 'its content'}: ${issue?.message}`);
}
