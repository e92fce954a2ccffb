import { toProblem, type Problem } from '../../common/problem.ts';
import type { JobFile } from './job-file.ts';

/** In place of hints for the command line. */
const HINTS: Record<string, string> = {
  AUDIO_OUTPUT: 'Choose another folder for cleaned files in the settings, or free some space.',
  AUDIO_NOT_FOUND: 'It may have been moved or renamed; add it again.',
};

/** What went wrong with a file, in the app's words and with the name that the person gave it. */
export function jobProblem(error: unknown, file: Pick<JobFile, 'path' | 'name'>): Problem {
  const { code, message, hint } = toProblem(error);
  const name = (text: string): string =>
    file.path === '' ? text : text.replaceAll(file.path, () => file.name);
  const words = HINTS[code] ?? hint;
  return words === undefined
    ? { code, message: name(message) }
    : { code, message: name(message), hint: name(words) };
}
