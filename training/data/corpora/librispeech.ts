import { basename, join } from 'node:path';
import { DataError } from '../errors.ts';
import { audioFiles, isFolder, stem, subfolders } from './scan.ts';
import type { CorpusLoader } from './types.ts';

/**
 * Readers of the project's own validation and test recordings. They are left out of every listing, so
 * that training on a full LibriSpeech does not train on them.
 */
export const HELD_OUT_READERS: ReadonlySet<string> = new Set(
  (
    '60 332 446 587 1183 1334 1898 2843 3242 3699 3947 4441 6818 6848 6925 7059 7402 7780 ' +
    '8419 8630'
  ).split(' '),
);

const UTTERANCE = /^(\d+)-(\d+)-(\d+)$/;

/**
 * LibriSpeech (openslr.org/12): `<split>/<reader>/<chapter>/<reader>-<chapter>-<n>.flac`. The folder
 * may be `LibriSpeech` itself, of which the `train-*` splits are used, or one `train-*` split.
 */
export const librispeech: CorpusLoader = {
  format: 'librispeech',
  layout: 'train-*/<reader>/<chapter>/<reader>-<chapter>-<n>.flac',
  matches(dir) {
    return splitsOf(dir).length > 0 || (isReaderTree(dir) && !isHeldOutSplit(dir));
  },
  list(dir) {
    if (isHeldOutSplit(dir)) {
      throw new DataError(
        'DATA_SPLIT',
        `${dir} is a LibriSpeech development or test split and may not be trained on`,
        'Name a train-* split or the LibriSpeech folder.',
      );
    }
    const splits = splitsOf(dir);
    const folders = splits.length > 0 ? splits.map((split) => join(dir, split)) : [dir];
    const speech = [];
    for (const path of folders.flatMap(audioFiles)) {
      const reader = UTTERANCE.exec(stem(path))?.[1];
      if (reader === undefined || HELD_OUT_READERS.has(reader)) continue;
      speech.push({ path, source: 'librispeech', speaker: `librispeech-${reader}` });
    }
    return { format: 'librispeech', speech, noise: [], pairs: [] };
  },
};

const splitsOf = (dir: string): string[] =>
  subfolders(dir).filter((n) => /^train-(clean|other)/.test(n) && isReaderTree(join(dir, n)));

const isHeldOutSplit = (dir: string): boolean => /^(dev|test)-(clean|other)/.test(basename(dir));

/** `<reader>/<chapter>/`, both numbers. */
function isReaderTree(dir: string): boolean {
  const reader = subfolders(dir).find((name) => /^\d+$/.test(name));
  if (reader === undefined) return false;
  const chapter = subfolders(join(dir, reader)).find((name) => /^\d+$/.test(name));
  return chapter !== undefined && isFolder(join(dir, reader, chapter));
}
