import { join } from 'node:path';
import { audioFiles, firstFolder, stem } from './scan.ts';
import type { CorpusLoader } from './types.ts';

const CLEAN = ['clean_train', 'clean', 'clean_fullband'];
const NOISE = ['noise_train', 'noise', 'noise_fullband'];

/**
 * Folders in the style of the DNS challenge and MS-SNSD: speech below `clean/` and noise below
 * `noise/` (or clean_train/ and noise_train/, clean_fullband/ and noise_fullband/), directly or in
 * `datasets/` or `datasets_fullband/`. Anything in the two folders is used, at any depth. (DNS speech is
 * LibriVox too, under reader numbers that LibriSpeech does not share, so readers held out here cannot
 * be told apart there.)
 */
export const dns: CorpusLoader = {
  format: 'dns',
  layout: 'clean/ and noise/ (or clean_train/ and noise_train/) with audio files',
  matches: (dir) => foldersOf(dir) !== undefined,
  list(dir) {
    const folders = foldersOf(dir);
    const speech = (folders ? audioFiles(folders.clean) : []).map((path) => {
      // DNS names a LibriVox reader in the file: book_00000_chp_0009_reader_06709_0_x.wav
      const reader = /reader_(\d+)/.exec(stem(path))?.[1];
      return {
        path,
        source: 'dns-clean',
        ...(reader === undefined ? {} : { speaker: `librivox-${reader}` }),
      };
    });
    const noise = (folders ? audioFiles(folders.noise) : []).map((path) => ({
      path,
      source: 'dns-noise',
    }));
    return { format: 'dns', speech, noise, pairs: [] };
  },
};

function foldersOf(dir: string): { clean: string; noise: string } | undefined {
  for (const root of [dir, join(dir, 'datasets'), join(dir, 'datasets_fullband')]) {
    const clean = firstFolder(root, CLEAN);
    const noise = firstFolder(root, NOISE);
    if (clean !== undefined && noise !== undefined) return { clean, noise };
  }
  return undefined;
}
