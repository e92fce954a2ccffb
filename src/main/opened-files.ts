import path from 'node:path';

/** Kinds of files that the system hands to the app. */
const KNOWN = new Set(['.rsd']);

/**
 * @param argv of this start or of a second one
 * @param cwd what relative paths mean there
 * @returns the files that the person opened with the app
 */
export function openedFiles(argv: readonly string[], cwd: string): string[] {
  return argv
    .slice(1)
    .filter((argument) => !argument.startsWith('-'))
    .filter((argument) => KNOWN.has(path.extname(argument).toLowerCase()))
    .map((argument) => path.resolve(cwd, argument));
}
