/** Runs one stage of a study as a process of its own, so that nothing leaks and a crash stops only it. */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { findErrorLine } from '../log/error-line.ts';

export interface StageCommand {
  stage: 'train' | 'export' | 'noisy' | 'clean' | 'bench' | 'lookup';
  run: string;
  /** Arguments for node. */
  args: string[];
  /** Where its messages are kept. */
  log: string;
}

export interface Outcome {
  /** null when a signal ended it. */
  code: number | null;
  signal: string | null;
  stdout: string;
  /** The last of what it wrote to stderr. */
  messages: string;
}

/** @param stop when it is aborted the process is asked to end (SIGTERM) and waited for */
export type RunCommand = (command: StageCommand, stop: AbortSignal) => Promise<Outcome>;

/** Enough for the error line behind a long progress line. */
const KEPT_MESSAGES = 16_384;

/**
 * @param root working directory
 * @param show gets every line of the processes' stderr
 */
export function childRunner(root: string, show: (line: string) => void): RunCommand {
  return (command, stop) =>
    new Promise((resolve, reject) => {
      mkdirSync(dirname(command.log), { recursive: true });
      const log = createWriteStream(command.log, { flags: 'a' });
      const child = spawn(process.execPath, command.args, {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let messages = '';
      let line = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log.write(text);
        messages = (messages + text).slice(-KEPT_MESSAGES);
        const lines = (line + text).split('\n');
        line = lines.pop()!;
        lines.forEach(show);
      });
      const end = (): void => void child.kill('SIGTERM');
      if (stop.aborted) end();
      stop.addEventListener('abort', end);
      child.on('error', (error) => {
        stop.removeEventListener('abort', end);
        log.end();
        reject(error);
      });
      child.on('close', (code, signal) => {
        stop.removeEventListener('abort', end);
        if (line !== '') show(line);
        log.end();
        resolve({ code, signal, stdout, messages });
      });
    });
}

export interface StageError {
  code: string;
  /** One line. */
  message: string;
}

/** What went wrong in a process that did not end well, from what it printed; undefined when it did. */
export function errorOf(outcome: Outcome): StageError | undefined {
  if (outcome.code === 0) return undefined;
  const fromJson = jsonError(outcome.stdout);
  if (fromJson !== undefined) return fromJson;
  const printed = findErrorLine(outcome.messages);
  if (printed !== undefined) return printed;
  if (outcome.signal !== null) {
    const hint = outcome.signal === 'SIGKILL' ? ' (out of memory?)' : '';
    return { code: 'KILLED', message: `ended by ${outcome.signal}${hint}` };
  }
  const last = outcome.messages.trim().split('\n').at(-1)?.trim() || 'nothing was said';
  return { code: 'CRASHED', message: `exit status ${outcome.code}: ${last}` };
}

function jsonError(stdout: string): StageError | undefined {
  try {
    const { error } = JSON.parse(stdout) as { error?: Partial<StageError> };
    if (error?.code === undefined || error.message === undefined) return undefined;
    return { code: error.code, message: error.message };
  } catch {
    return undefined;
  }
}
