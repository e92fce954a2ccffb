import { describeError, ResiduaError } from '../../src/common/errors.ts';

/** The last line of a training command that failed: for people, and with the code for programs. */
export function errorLine(error: unknown): string {
  const code = error instanceof ResiduaError ? error.code : 'INTERNAL';
  return `error [${code}]: ${describeError(error)}`;
}

/** @returns code and message of the last {@link errorLine} in what a command printed, if there is one */
export function findErrorLine(text: string): { code: string; message: string } | undefined {
  const found = [...text.matchAll(/^error \[([A-Z0-9_]+)\]: (.*)$/gm)].at(-1);
  return found === undefined ? undefined : { code: found[1]!, message: found[2]!.trim() };
}
