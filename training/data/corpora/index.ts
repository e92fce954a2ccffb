import { DataError } from '../errors.ts';
import { dns } from './dns.ts';
import { esc50 } from './esc50.ts';
import { librispeech } from './librispeech.ts';
import { residua } from './residua.ts';
import { isFolder } from './scan.ts';
import type { CorpusListing, CorpusLoader, CorpusSpec } from './types.ts';
import { vctk } from './vctk.ts';
import { voicebankDemand } from './voicebank-demand.ts';

/** Every known layout; the first that matches a folder is taken. */
export const CORPUS_LOADERS: readonly CorpusLoader[] = [
  residua,
  librispeech,
  vctk,
  voicebankDemand,
  esc50,
  dns,
];

/**
 * Finds out what a corpus folder holds.
 *
 * @throws DataError DATA_NOT_FOUND no such folder; DATA_OPTIONS unknown format; DATA_FORMAT the
 * layout is none of the known ones or not the named one; DATA_EMPTY nothing in it; DATA_SPLIT it
 * would train on what it must not.
 */
export function listCorpus(spec: CorpusSpec): CorpusListing {
  const { path } = spec;
  if (!isFolder(path)) {
    throw new DataError(
      'DATA_NOT_FOUND',
      `training data folder not found: ${path}`,
      'Name an existing folder in the training configuration.',
    );
  }
  const loader = loaderOf(spec);
  const listing = loader.list(path);
  if (listing.speech.length + listing.noise.length + listing.pairs.length === 0) {
    throw new DataError(
      'DATA_EMPTY',
      `no recordings to train on in ${path} (read as ${loader.format}: ${loader.layout})`,
    );
  }
  return listing;
}

function loaderOf({ path, format }: CorpusSpec): CorpusLoader {
  const known = CORPUS_LOADERS.map((l) => l.format).join(', ');
  if (format === undefined || format === 'auto') {
    const loader = CORPUS_LOADERS.find((l) => l.matches(path));
    if (loader) return loader;
    throw new DataError(
      'DATA_FORMAT',
      `${path} has the layout of no corpus that is known`,
      `Known: ${known}.`,
    );
  }
  const loader = CORPUS_LOADERS.find((l) => l.format === format);
  if (!loader)
    throw new DataError('DATA_OPTIONS', `unknown corpus format '${format}'`, `Known: ${known}.`);
  // A named LibriSpeech test split gets past `matches` on purpose: listing it says why it is refused.
  if (!loader.matches(path) && loader !== librispeech) {
    throw new DataError(
      'DATA_FORMAT',
      `${path} is not a ${format} folder`,
      `Expected ${loader.layout}.`,
    );
  }
  return loader;
}
