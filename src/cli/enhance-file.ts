import { warn } from './terminal.ts';
import { enhanceFile, type EnhancedFile, type EnhanceOptions } from '../enhance/enhance-file.ts';
import type { Codec } from '../enhance/codec.ts';
import { Progress } from './progress.ts';

/** As `enhanceFile`, with a bar on the terminal and a word about what was wrong with the samples. */
export async function enhanceWithBar(
  codec: Codec,
  input: string,
  output: string,
  options: Pick<EnhanceOptions, 'mix' | 'sampleFormat'>,
): Promise<EnhancedFile> {
  const bar = new Progress(input, undefined, 's');
  try {
    const { file, health } = await enhanceFile(codec, input, output, {
      ...options,
      onProgress: (done, total) => bar.update(done, total),
    });
    bar.end();
    warnAbout(input, health);
    if (health.outputClipped > 0) {
      warn(
        `${output}: ${health.outputClipped} samples beyond full scale were clipped (--bits float keeps them)`,
      );
    }
    return file;
  } finally {
    bar.end();
  }
}

/** Says what was wrong with the samples, once per file. */
export function warnAbout(
  path: string,
  { nonFinite, clipped }: { nonFinite: number; clipped: number },
): void {
  if (nonFinite > 0) warn(`${path}: ${nonFinite} NaN or infinite samples replaced by silence`);
  if (clipped > 0) {
    warn(`${path}: ${clipped} clipped samples; the recording was too loud and stays distorted`);
  }
}
