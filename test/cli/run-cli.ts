import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { main } from '../../src/cli/main.ts';

export const TINY_MODELS = fileURLToPath(new URL('../fixtures', import.meta.url));
export const TINY_MODEL = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));
export const AUDIO = fileURLToPath(new URL('../fixtures/audio', import.meta.url));
export const BIN = fileURLToPath(new URL('../../bin/residua.mjs', import.meta.url));

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  /** stdout as the one JSON document it must be. */
  json<T = any>(): T; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** Runs a command line in this process, which is quicker than starting one. */
export async function run(...args: string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const originals = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (text: string | Uint8Array): boolean => {
      written[name] += String(text);
      return true;
    };
  }
  try {
    const code = await main(args);
    return { code, ...written, json: () => JSON.parse(written.stdout) };
  } finally {
    process.stdout.write = originals.stdout;
    process.stderr.write = originals.stderr;
  }
}

/** Runs the real executable. */
export function start(...args: string[]): { child: ChildProcess; done: Promise<Outcome> } {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const done = new Promise<Outcome>((resolve) => {
    child.on('close', (status, signal) => {
      const code = status ?? (signal ? 128 : -1);
      resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) });
    });
  });
  return { child, done };
}

/** An error as a person sees it: one line that says what happened and no stack. */
export function oneLine(stderr: string): string {
  const lines = stderr.trim().split('\n');
  if (lines.length !== 1 || !lines[0]!.startsWith('residua: ')) {
    throw new Error(`expected one line of error, got:\n${stderr}`);
  }
  return lines[0]!;
}
