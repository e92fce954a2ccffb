import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ResiduaError } from '../common/errors.ts';

/** The demo's recordings: `demo.json` of their folder. */

const credit = z.object({
  source: z.string().min(1),
  author: z.string().min(1),
  license: z.string().min(1),
  url: z.url({ protocol: /^https$/ }),
});

const schema = z.object({
  format: z.literal('residua-demo'),
  formatVersion: z.literal(1),
  license: z.string(),
  recordings: z
    .array(
      z.object({
        id: z.string().regex(/^[a-z0-9-]+$/),
        title: z.string().min(1),
        snrDb: z.number(),
        noisy: z.string().min(1),
        clean: z.string().min(1),
        testPair: z.string().optional(),
        speech: credit,
        noise: credit,
      }),
    )
    .min(1),
});

export type RecordingEntry = z.infer<typeof schema>['recordings'][number];
export type Credit = z.infer<typeof credit>;

export function damagedDemo(message: string, cause?: unknown): ResiduaError {
  const hint =
    'Restore resources/demo from the repository, or name another folder with --recordings.';
  return new ResiduaError('DEMO_RECORDINGS', message, { hint, cause });
}

/**
 * @param folder holds `demo.json`, to which the paths of its entries are relative
 * @throws ResiduaError DEMO_RECORDINGS for a missing or malformed list
 */
export async function readDemoList(folder: string): Promise<RecordingEntry[]> {
  const path = join(folder, 'demo.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw damagedDemo(`${path} cannot be read`, error);
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw damagedDemo(`${path} is not JSON`, error);
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw damagedDemo(
      `${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is malformed'}`,
    );
  }
  const entries = parsed.data.recordings;
  const ids = new Set(entries.map((entry) => entry.id));
  if (ids.size !== entries.length) throw damagedDemo(`${path}: two recordings have the same id`);
  return entries;
}
