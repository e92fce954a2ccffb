import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { audioFiles, isFolder, stem } from './scan.ts';
import type { CorpusFile, CorpusLoader } from './types.ts';

/** The fold the project's validation and test noises come from; it is never listed. */
export const HELD_OUT_FOLD = '5';

const CLIP = /^([1-5])-(\w+)-([A-Z])-(\d+)$/;

/**
 * ESC-50 (github.com/karolpiczak/ESC-50): `audio/<fold>-<clip>-<take>-<class>.wav` and
 * `meta/esc50.csv`. Folds 1–4; each class is a source of its own, so that short clips are joined with
 * their like.
 */
export const esc50: CorpusLoader = {
  format: 'esc50',
  layout: 'meta/esc50.csv and audio/<fold>-<clip>-<take>-<class>.wav',
  matches: (dir) => existsSync(join(dir, 'meta', 'esc50.csv')) && isFolder(join(dir, 'audio')),
  list(dir) {
    const noise: CorpusFile[] = [];
    for (const path of audioFiles(join(dir, 'audio'))) {
      const match = CLIP.exec(stem(path));
      if (!match || match[1] === HELD_OUT_FOLD) continue;
      noise.push({ path, source: `esc50-${match[4] ?? ''}` });
    }
    return { format: 'esc50', speech: [], noise, pairs: [] };
  },
};
