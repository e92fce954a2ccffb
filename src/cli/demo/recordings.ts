import { join } from 'node:path';
import { readAudio } from '../../audio/open-audio.ts';
import { damagedDemo, readDemoList, type RecordingEntry } from '../../enhance/demo-list.ts';

export type { Credit, RecordingEntry } from '../../enhance/demo-list.ts';

/** A demo recording in memory, mono. */
export interface Recording extends RecordingEntry {
  readonly sampleRate: number;
  readonly noisySamples: Float32Array;
  /** As long as `noisySamples`. */
  readonly cleanSamples: Float32Array;
}

/**
 * Reads `demo.json` of a folder and every recording it lists.
 * @param sampleRate Hz, the rate all recordings must have: that of the model
 * @throws ResiduaError DEMO_RECORDINGS for a missing or malformed list, or for a pair that differs in
 * length, has several channels or another rate; AudioError for a file that cannot be read
 */
export async function loadRecordings(folder: string, sampleRate: number): Promise<Recording[]> {
  const entries = await readDemoList(folder);
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
          throw damagedDemo(
            `${file}: ${audio.channels.length} channels at ${audio.sampleRate} Hz, the demo needs mono at ${sampleRate} Hz`,
          );
        }
      }
      const noisySamples = noisy.channels[0]!;
      const cleanSamples = clean.channels[0]!;
      if (noisySamples.length !== cleanSamples.length) {
        throw damagedDemo(
          `${entry.noisy} has ${noisySamples.length} samples, its clean reference ${cleanSamples.length}`,
        );
      }
      return { ...entry, sampleRate, noisySamples, cleanSamples };
    }),
  );
}
