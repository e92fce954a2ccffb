import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DataError } from '../errors.ts';
import { audioFiles, isFolder, stem } from './scan.ts';
import type { CorpusFile, CorpusLoader, CorpusPair } from './types.ts';

const SETS = ['28spk', '56spk'].map(
  (set) => [`clean_trainset_${set}_wav`, `noisy_trainset_${set}_wav`] as const,
);

/**
 * VoiceBank+DEMAND (datashare.ed.ac.uk/handle/10283/2791): `clean_trainset_28spk_wav/p226_001.wav` and
 * the same name in `noisy_trainset_28spk_wav/` (and 56spk). Pairs are used as they are; the clean
 * files are speech to mix as well. The test set is never listed.
 */
export const voicebankDemand: CorpusLoader = {
  format: 'voicebank-demand',
  layout: 'clean_trainset_28spk_wav/ and noisy_trainset_28spk_wav/ with the same file names',
  matches: (dir) =>
    SETS.some(([clean, noisy]) => isFolder(join(dir, clean)) && isFolder(join(dir, noisy))),
  list(dir) {
    const speech: CorpusFile[] = [];
    const pairs: CorpusPair[] = [];
    for (const [cleanName, noisyName] of SETS) {
      const cleanDir = join(dir, cleanName);
      const noisyDir = join(dir, noisyName);
      if (!isFolder(cleanDir) || !isFolder(noisyDir)) continue;
      for (const clean of audioFiles(cleanDir)) {
        const source = 'voicebank-demand';
        speech.push({ path: clean, source, speaker: `vctk-${stem(clean).split('_')[0] ?? ''}` });
        const noisy = join(noisyDir, basename(clean));
        if (existsSync(noisy)) pairs.push({ noisy, clean, source });
      }
    }
    if (speech.length > 0 && pairs.length === 0) {
      throw new DataError(
        'DATA_FORMAT',
        `${dir}: no noisy file has the name of a clean one`,
        'VoiceBank+DEMAND keeps each utterance under one name in both folders.',
      );
    }
    return { format: 'voicebank-demand', speech, noise: [], pairs };
  },
};
