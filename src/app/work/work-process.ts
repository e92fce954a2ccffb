import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { forkModule } from '../../common/fork-module.ts';
import { ResiduaError } from '../../common/errors.ts';
import { fromEngineProblem } from '../../ipc/engine-protocol.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import type { TaskArgument, TaskName, TaskProgress, TaskResult } from './tasks.ts';

export interface RunOptions<T extends TaskName> {
  /** Cancels. What `run` rejects with is the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TaskProgress<T>) => void;
  /** Files that the task may leave behind when its process dies. */
  readonly temporaries?: readonly string[];
}

/** Time a task gets to end by itself when it is cancelled, ms. */
const GRACE_MS = 500;

/**
 * Behind the window and, above all, behind live sound; what somebody waits for before what is done meanwhile. A
 * process cannot be raised again by everybody, so each keeps the one that it starts with.
 */
export type Urgency = 'waited-for' | 'meanwhile';
const NICENESS: Record<Urgency, number> = { 'waited-for': 5, meanwhile: 10 };

let tasksEver = 0;

/** One process that carries out one task at a time. */
export class WorkProcess {
  readonly #child: ChildProcess;
  readonly urgency: Urgency;
  readonly exited: Promise<void>;
  #onMessage: ((message: FromWorker) => void) | undefined;
  #onExit: (() => void) | undefined;
  #isAlive = true;
  #how = '';
  /** What it did last, and so has loaded. */
  lastTask: TaskName | undefined;

  constructor(entry: URL, urgency: Urgency) {
    this.urgency = urgency;
    this.#child = forkModule(entry, process.env['RESIDUA_DEBUG'] ? 'inherit' : 'ignore');
    try {
      setPriority(this.#child.pid!, NICENESS[urgency]);
    } catch {
      // Not allowed, or it has ended already; nothing depends on it.
    }
    this.#child.on('message', (message: FromWorker) => this.#onMessage?.(message));
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        if (!this.#isAlive) return;
        this.#isAlive = false;
        this.#how = how;
        this.#onExit?.();
        resolve();
      };
      this.#child.on('exit', (status, signal) =>
        end(signal === null ? `status ${status}` : `ended by ${signal}`),
      );
      // It could not be started at all; a failed message to a dying one is followed by its exit.
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) end(error.message);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * @throws ResiduaError whatever the task failed with; `WORKER_DIED` when the process did
   */
  run<T extends TaskName>(
    task: T,
    argument: TaskArgument<T>,
    { signal, onProgress, temporaries = [] }: RunOptions<T>,
  ): Promise<TaskResult<T>> {
    this.lastTask = task;
    const id = tasksEver++;
    return new Promise<TaskResult<T>>((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined;
      const cancel = (): void => {
        this.#send({ type: 'cancel', id });
        grace = setTimeout(() => this.kill(), GRACE_MS);
      };
      const settle = (how: () => void): void => {
        clearTimeout(grace);
        signal?.removeEventListener('abort', cancel);
        this.#onMessage = this.#onExit = undefined;
        how();
      };
      this.#onMessage = (message) => {
        if (message.id !== id) return;
        switch (message.type) {
          case 'progress':
            return onProgress?.(message.progress as TaskProgress<T>);
          case 'done':
            return settle(() => resolve(message.result as TaskResult<T>));
          case 'failed':
            return settle(() => reject(fromEngineProblem(message.problem)));
          case 'cancelled':
            return settle(() => reject(signal?.reason as Error));
        }
      };
      this.#onExit = () => {
        settle(() => {
          const why = signal?.aborted ? (signal.reason as Error) : this.#died();
          void removeAll(temporaries).then(() => reject(why));
        });
      };
      if (!this.#isAlive) return this.#onExit();
      signal?.addEventListener('abort', cancel, { once: true });
      this.#send({ type: 'run', id, task, argument });
    });
  }

  /** At once, whatever it is doing. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Lets it end by itself: it has nothing to do. */
  dismiss(): void {
    if (this.#child.connected) this.#child.disconnect();
    const late = setTimeout(() => this.kill(), GRACE_MS);
    void this.exited.then(() => clearTimeout(late));
  }

  #send(message: ToWorker): void {
    // One that has just died is no error of its own: its exit follows.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #died(): ResiduaError {
    return new ResiduaError('WORKER_DIED', `the process that worked on it died (${this.#how})`, {
      hint: 'Try again; if it happens every time, please report it.',
    });
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true }).catch(() => undefined)));
}
