import { lstat, stat } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { basename, extname, join, resolve, sep } from 'node:path';
import { UsageError } from '../common/errors.ts';
import { AudioError } from '../audio/errors.ts';

/**
 * Decides where each input's result goes. `output` names a file for one input, or a folder (an
 * existing one, one ending in a slash, or any name without an extension where there are several
 * inputs); a missing folder is made.
 *
 * @param extension of the result with its dot, e.g. '.wav'
 * @throws UsageError where two results would share a name, or an input would be overwritten
 * @throws AudioError AUDIO_OUTPUT where the folder cannot be made
 */
export async function planOutputs(
  inputs: readonly string[],
  output: string,
  extension: string,
): Promise<string[]> {
  const paths = (await isFolderTarget(inputs, output, extension))
    ? inputs.map((input) => join(output, basename(input, extname(input)) + extension))
    : [output];
  const seen = new Map<string, string>();
  paths.forEach((path, i) => {
    const key = resolve(path);
    const other = seen.get(key);
    if (other !== undefined) {
      throw new UsageError(`${other} and ${inputs[i]!} would both be written to ${path}`, {
        hint: 'Give one of them its own -o.',
      });
    }
    seen.set(key, inputs[i]!);
  });
  for (const path of paths) {
    for (const input of inputs) {
      if (!(await isSameFile(path, input))) continue;
      throw new UsageError(`the output would overwrite the input ${input}`, {
        hint: 'Choose another -o.',
      });
    }
  }
  return paths;
}

/** By name, and by what the names stand for: on some file systems A.wav and a.wav are one file. */
async function isSameFile(output: string, input: string): Promise<boolean> {
  if (resolve(output) === resolve(input)) return true;
  const [a, b] = await Promise.all(
    [output, input].map((path) => lstat(path).catch(() => undefined)),
  );
  return a !== undefined && b !== undefined && a.ino !== 0 && a.ino === b.ino && a.dev === b.dev;
}

async function isFolderTarget(
  inputs: readonly string[],
  output: string,
  extension: string,
): Promise<boolean> {
  const existing = await stat(output).catch(() => undefined);
  if (existing?.isDirectory()) return true;
  const named = output.endsWith('/') || output.endsWith(sep);
  if (!named && inputs.length === 1) {
    const given = extname(output).toLowerCase();
    if (given !== extension) {
      throw new UsageError(`-o ${output}: results are written as ${extension} files only`, {
        hint: `Use a name ending in ${extension}, or a folder.`,
      });
    }
    return false;
  }
  if (existing || (!named && extname(output).toLowerCase() === extension)) {
    throw new UsageError(`-o ${output} is one file, but there are ${inputs.length} inputs`, {
      hint: 'Give a folder.',
    });
  }
  try {
    mkdirSync(output, { recursive: true });
  } catch (error) {
    throw new AudioError(
      'AUDIO_OUTPUT',
      `${output}: the folder cannot be made (${(error as Error).message})`,
      'Choose another place with -o.',
    );
  }
  return true;
}
