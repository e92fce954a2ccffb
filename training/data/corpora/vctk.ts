import { basename, join } from 'node:path';
import { audioFiles, firstFolder, isFolder, stem, subfolders } from './scan.ts';
import type { CorpusLoader } from './types.ts';

/**
 * VCTK (datashare.ed.ac.uk/handle/10283/3443): `wav48_silence_trimmed/p225/p225_001_mic1.flac`, or
 * `wav48/p225/p225_001.wav` in 0.80. Of the two microphones the first is used, as they carry the same
 * words.
 */
export const vctk: CorpusLoader = {
  format: 'vctk',
  layout: 'wav48_silence_trimmed/p225/p225_001_mic1.flac or wav48/p225/p225_001.wav',
  matches: (dir) => speakersRoot(dir) !== undefined,
  list(dir) {
    const root = speakersRoot(dir) ?? dir;
    const speech = [];
    for (const speaker of subfolders(root).filter((name) => SPEAKER.test(name))) {
      for (const path of audioFiles(join(root, speaker))) {
        if (/_mic2$/.test(stem(path))) continue;
        speech.push({ path, source: 'vctk', speaker: `vctk-${speaker}` });
      }
    }
    return { format: 'vctk', speech, noise: [], pairs: [] };
  },
};

const SPEAKER = /^[ps]\d+$/;
const ROOTS = ['wav48_silence_trimmed', 'wav48'];

function speakersRoot(dir: string): string | undefined {
  const root = ROOTS.includes(basename(dir)) && isFolder(dir) ? dir : firstFolder(dir, ROOTS);
  if (root === undefined) return undefined;
  return subfolders(root).some((name) => SPEAKER.test(name)) ? root : undefined;
}
