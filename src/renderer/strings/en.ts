import { common } from './en/common.ts';
import { compare } from './en/compare.ts';
import { files } from './en/files.ts';
import { guide } from './en/guide.ts';
import { library } from './en/library.ts';
import { listen } from './en/listen.ts';
import { live } from './en/live.ts';
import { quantizers } from './en/quantizers.ts';
import { settings } from './en/settings.ts';

/** Every word of the window in English, a file for each view. Another language is another such object. */
export const en = {
  common,
  compare,
  files,
  guide,
  library,
  listen,
  live,
  quantizers,
  settings,
} as const;
