import { availableParallelism } from 'node:os';
import { ResiduaError } from '../../common/errors.ts';
import type { TaskArgument, TaskName, TaskResult } from './tasks.ts';
import { workEntry } from './work-entry.ts';
import { WorkProcess, type RunOptions, type Urgency } from './work-process.ts';

export interface PoolOptions {
  /** Processes for files, and for clips. Default: one core is left to everything else. */
  readonly processes?: number;
  /** A process without work ends after this. Default 1 min. */
  readonly idleMs?: number;
  /** Default: the worker's own. */
  readonly entry?: URL;
}

export interface PoolRunOptions<T extends TaskName> extends RunOptions<T> {
  /** Its turn has come. */
  readonly onStart?: () => void;
}

/**
 * Kinds of work that do not wait for each other: somebody looks at a waveform while a hundred files are being
 * cleaned.
 */
type Lane = 'files' | 'clips' | 'pictures' | 'conversions';

const LANES: Record<TaskName, Lane> = {
  clean: 'files',
  loadClip: 'clips',
  variant: 'clips',
  peaks: 'pictures',
  spectrogram: 'pictures',
  wav: 'conversions',
  flac: 'conversions',
};

interface Waiting {
  readonly task: TaskName;
  start(): Promise<void>;
  drop(reason: unknown): void;
}

const IDLE_MS = 60_000;

/**
 * Processes that run codecs and measure sound, so that the app itself never waits: started when they are needed,
 * of low priority, ended when they are not. A crash costs the task that it happened in, no other.
 */
export class WorkPool {
  readonly #entry: URL;
  readonly #idleMs: number;
  readonly #limits: Record<Lane, number>;
  readonly #running: Record<Lane, number> = { files: 0, clips: 0, pictures: 0, conversions: 0 };
  readonly #waiting: Record<Lane, Waiting[]> = {
    files: [],
    clips: [],
    pictures: [],
    conversions: [],
  };
  readonly #processes = new Set<WorkProcess>();
  readonly #idle = new Map<WorkProcess, NodeJS.Timeout>();
  readonly #atWork = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: PoolOptions = {}) {
    const processes = options.processes ?? Math.max(1, availableParallelism() - 1);
    this.#limits = { files: processes, clips: processes, pictures: 1, conversions: 1 };
    this.#idleMs = options.idleMs ?? IDLE_MS;
    this.#entry = options.entry ?? workEntry();
  }

  /** Of the processes there are. */
  get pids(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Runs a task when its turn has come.
   * @throws ResiduaError whatever it failed with; `WORKER_DIED`; `APP_CLOSED`; the signal's reason
   */
  run<T extends TaskName>(
    task: T,
    argument: TaskArgument<T>,
    options: PoolRunOptions<T> = {},
  ): Promise<TaskResult<T>> {
    const { signal, onStart } = options;
    return new Promise<TaskResult<T>>((resolve, reject) => {
      if (this.#isClosed) return reject(closed());
      if (signal?.aborted) return reject(signal.reason as Error);
      const lane = LANES[task];
      const leave = (): void => {
        this.#waiting[lane] = this.#waiting[lane].filter((other) => other !== waiting);
        reject(signal!.reason as Error);
      };
      const waiting: Waiting = {
        task,
        start: async () => {
          signal?.removeEventListener('abort', leave);
          const worker = this.#takeProcess(task);
          try {
            onStart?.();
            resolve(await worker.run(task, argument, options));
          } catch (error) {
            reject(this.#isClosed ? closed() : error);
          } finally {
            this.#giveBack(worker);
          }
        },
        drop: reject,
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting[lane].push(waiting);
      this.#pump(lane);
    });
  }

  /** Ends everything at once; what was being written is removed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const lane of Object.values(this.#waiting)) {
      for (const waiting of lane.splice(0)) waiting.drop(closed());
    }
    for (const timer of this.#idle.values()) clearTimeout(timer);
    const processes = [...this.#processes];
    for (const worker of processes) worker.kill();
    await Promise.all([...processes.map(({ exited }) => exited), ...this.#atWork]);
  }

  #pump(lane: Lane): void {
    while (this.#running[lane] < this.#limits[lane]) {
      const next = this.#waiting[lane].shift();
      if (!next) return;
      this.#running[lane] += 1;
      const work = next.start().finally(() => {
        this.#atWork.delete(work);
        this.#running[lane] -= 1;
        this.#pump(lane);
      });
      this.#atWork.add(work);
    }
  }

  /** One of the right priority that is idle, best one that did the same before and has loaded what it needs; or a new one. */
  #takeProcess(task: TaskName): WorkProcess {
    const urgency: Urgency = LANES[task] === 'files' ? 'meanwhile' : 'waited-for';
    const idle = [...this.#idle.keys()].filter((one) => one.urgency === urgency);
    const known = idle.find(({ lastTask }) => lastTask === task) ?? idle.at(-1);
    if (known) {
      clearTimeout(this.#idle.get(known));
      this.#idle.delete(known);
      return known;
    }
    const worker = new WorkProcess(this.#entry, urgency);
    this.#processes.add(worker);
    void worker.exited.then(() => {
      this.#processes.delete(worker);
      clearTimeout(this.#idle.get(worker));
      this.#idle.delete(worker);
    });
    return worker;
  }

  #giveBack(worker: WorkProcess): void {
    if (!worker.isAlive || this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#idle.delete(worker);
      worker.dismiss();
    }, this.#idleMs);
    this.#idle.set(worker, timer);
  }
}

function closed(): ResiduaError {
  return new ResiduaError('APP_CLOSED', 'Residua is ending');
}
