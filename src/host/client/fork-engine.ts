import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants, setPriority } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { moduleUrl } from '../../common/module-url.ts';
import { ENGINE_ENVIRONMENT, type EngineProcess } from './engine-process.ts';

const LAST_WORDS_BYTES = 4096;

/** Room for messages to die young in: the collector's large work, a pause of 10 ms, is then rarely called for. */
const YOUNG_HEAP = ['--max-semi-space-size=16'];

/** The entry of the engine process, as source or as built. */
export const ENGINE_ENTRY = moduleUrl('../engine-main', import.meta.url);

export interface ForkOptions {
  /** Default: the engine. */
  readonly entry?: URL;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Starts the engine without Electron, as a process of its own. What native libraries print to its standard
 * output is dropped: the driver's own holds results. Its standard error is kept for the case that it dies,
 * and shown when `RESIDUA_DEBUG` is set.
 */
export function forkEngine(options: ForkOptions = {}): EngineProcess {
  const path = fileURLToPath(options.entry ?? ENGINE_ENTRY);
  const require = createRequire(import.meta.url);
  // Sources get the loader that the command line itself runs under.
  const execArgv = path.endsWith('.ts')
    ? [...YOUNG_HEAP, '--import', pathToFileURL(require.resolve('tsx')).href]
    : YOUNG_HEAP;
  const child = fork(path, [], {
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...ENGINE_ENVIRONMENT, ...options.env },
  });
  // It raises its priority itself once it runs; on a busy machine getting there takes long.
  try {
    setPriority(child.pid!, constants.priority.PRIORITY_HIGH);
  } catch {
    // Not allowed for this user.
  }
  let lastWords = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS_BYTES);
    if (process.env['RESIDUA_DEBUG']) process.stderr.write(text);
  });
  // A message to a process that has just died is no error of its own: `onExit` follows.
  child.on('error', () => undefined);
  return {
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message as object);
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) =>
      void child.once('close', (status, signal) => {
        listener(describeExit(status, signal, lastWords));
      }),
    kill: () => void child.kill('SIGKILL'),
  };
}

function describeExit(
  status: number | null,
  signal: NodeJS.Signals | null,
  lastWords: string,
): string {
  const how = signal === null ? `it ended with status ${status}` : `it was ended by ${signal}`;
  const lines = lastWords
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at ') && !line.startsWith('Node.js v'));
  const last = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
  return last === undefined ? how : `${how}, saying: ${last.slice(0, 300)}`;
}
