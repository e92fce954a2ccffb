import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readAudio } from '../../audio/open-audio.ts';
import { ResiduaError } from '../../common/errors.ts';

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

/** A demo recording in memory, mono. */
export interface Recording extends RecordingEntry {
  readonly sampleRate: number;
  readonly noisySamples: Float32Array;
  /** As long as `noisySamples`. */
  readonly cleanSamples: Float32Array;
}

function damaged(message: string, cause?: unknown): ResiduaError {
  const hint =
    'Restore resources/demo from the repository, or name another folder with --recordings.';
  return new ResiduaError('DEMO_RECORDINGS', message, { hint, cause });
}

/**
 * Reads `demo.json` of a folder and every recording it lists.
 * @param sampleRate Hz, the rate all recordings must have: that of the model
 * @throws ResiduaError DEMO_RECORDINGS for a missing or malformed list, or for a pair that differs in
 * length, has several channels or another rate; AudioError for a file that cannot be read
 */
export async function loadRecordings(folder: string, sampleRate: number): Promise<Recording[]> {
  const entries = await readList(join(folder, 'demo.json'));
  return Promise.all(
    entries.map(async (entry) => {
      const [noisy, clean] = await Promise.all([
        readAudio(join(folder, entry.noisy)),
        readAudio(join(folder, entry.clean)),
      ]);
      for (const [file, audio] of [
        [entry.noisy, noisy],
        [entry.clean, clean],
      ] as const) {
        if (audio.channels.length !== 1 || audio.sampleRate !== sampleRate) {
          throw damaged(
            `${file}: ${audio.channels.length} channels at ${audio.sampleRate} Hz, the demo needs mono at ${sampleRate} Hz`,
          );
        }
      }
      const noisySamples = noisy.channels[0]!;
      const cleanSamples = clean.channels[0]!;
      if (noisySamples.length !== cleanSamples.length) {
        throw damaged(
          `${entry.noisy} has ${noisySamples.length} samples, its clean reference ${cleanSamples.length}`,
        );
      }
      return { ...entry, sampleRate, noisySamples, cleanSamples };
    }),
  );
}

async function readList(path: string): Promise<RecordingEntry[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw damaged(`${path} cannot be read`, error);
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw damaged(`${path} is not JSON`, error);
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw damaged(`${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is malformed'}`);
  }
  const entries = parsed.data.recordings;
  const ids = new Set(entries.map((entry) => entry.id));
  if (ids.size !== entries.length) throw damaged(`${path}: two recordings have the same id`);
  return entries;
}
