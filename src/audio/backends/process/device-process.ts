import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Close, Reply, Request } from './protocol.ts';

const KEPT_STDERR = 4000;

/** What a device process says, and its end. */
export interface ProcessHandlers {
  reply(message: Reply): void;
  /** Sound or, from a sink's process, requests for it. */
  data?(chunk: Buffer): void;
  /** It is gone, asked or not. @param how for example `signal SIGABRT` */
  ended(how: string): void;
}

/** A running device process: a script that calls `serve` of `serve.mjs`. */
export class DeviceProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  readonly #exit: Promise<void>;
  #stderr = '';

  constructor(script: URL, request: Request, handlers: ProcessHandlers) {
    const [program, ...args] = commandFor(script, request);
    const child = spawn(program!, args, {
      // Its standard output is the library's chatter; what ALSA complains about may explain a failure.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'],
      // Inside Electron the same program runs as plain Node.
      env: { ...process.env, ...request.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
      windowsHide: true,
    });
    this.#child = child;
    this.#pipe = child.stdio[3] as Duplex;
    // Writing to a process that just died is no news: `ended` tells.
    this.#pipe.on('error', () => {});
    child.stderr?.on('data', (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString()).slice(-KEPT_STDERR);
    });
    if (handlers.data !== undefined) this.#pipe.on('data', handlers.data);
    child.on('message', (message) => handlers.reply(message as Reply));
    this.#exit = new Promise((resolve) => {
      const done = (how: string): void => {
        resolve();
        handlers.ended(how);
      };
      child.once('error', (error) => done(error.message));
      child.once('exit', (code, signal) => done(signal ? `signal ${signal}` : `status ${code}`));
    });
    child.send(request, () => {});
  }

  /** The end of what it wrote to its standard error. */
  get stderr(): string {
    return this.#stderr;
  }

  write(bytes: Uint8Array): void {
    if (this.#pipe.writable) this.#pipe.write(bytes);
  }

  /** Asks it to play out what it has and to end; kills it when it takes longer than `limitMs`. */
  async close(limitMs: number): Promise<void> {
    const message: Close = { type: 'close' };
    if (this.#child.connected) this.#child.send(message, () => {});
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
    await this.#exit;
    clearTimeout(timer);
  }

  /** Ends it at once: the device is released by the system. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}

/**
 * A list of devices must not take the processor from the sound that runs: its process leaves the real-time class,
 * which it would inherit on Linux, before Node starts.
 */
function commandFor(script: URL, request: Request): string[] {
  const node = [process.execPath, fileURLToPath(script)];
  if (request.type !== 'enumerate' || process.platform !== 'linux') return node;
  const wait = 'chrt --all-tasks --other --pid 0 $$ >/dev/null 2>&1; exec nice -n 10 "$@"';
  return ['/bin/sh', '-c', wait, 'sh', ...node];
}

/** Sends one request, and waits for the first reply that `wanted` accepts or that says `failed`. */
export function replyOf<T extends Reply>(
  script: URL,
  request: Request,
  wanted: (reply: Reply) => reply is T,
  limitMs: number,
): Promise<{ reply: T | (Reply & { type: 'failed' }); stderr: string }> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
      void running.kill();
    };
    const running = new DeviceProcess(script, request, {
      reply: (reply) => {
        if (wanted(reply) || reply.type === 'failed') {
          end(() => resolve({ reply, stderr: running.stderr }));
        }
      },
      ended: (how) => end(() => reject(new Error(`the audio process ended early (${how})`))),
    });
    const timer = setTimeout(
      () => end(() => reject(new Error(`no answer within ${limitMs} ms`))),
      limitMs,
    );
  });
}
