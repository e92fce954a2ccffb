/** The codec in a worker thread, seen from the audio thread. */
import { fromProblem } from '../common/problem.ts';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../common/clock.ts';
import { ResiduaError } from '../common/errors.ts';
import { within } from '../common/within.ts';
import type { CodecRunner, RunnerSetup } from './codec-runner.ts';
import type { LiveControls, LiveProblem } from './contract.ts';
import {
  monotonicMs,
  type FromWorker,
  type ToWorker,
  type WorkerStart,
} from './worker-protocol.ts';

export interface WorkerRunnerOptions {
  /** Module that calls `serveCodec`; plain JavaScript, or what the process's loader takes. */
  readonly entry: URL;
  readonly clock: Clock;
}

/** What a worker may take to end by itself. */
const DISPOSE_MS = 1000;
/** A worker that does not answer for so long hangs: the longest stall that is waited out, and some. */
const ANSWER_MS = 5000;
/** A thread that is stuck in native code cannot be ended; it is left behind. */
const TERMINATE_MS = 1000;

export class WorkerRunner implements CodecRunner {
  readonly #setup: RunnerSetup;
  readonly #options: WorkerRunnerOptions;
  readonly #resets = new Map<number, () => void>();
  #worker: Worker | undefined;
  #nextReset = 0;
  #ended: Promise<void> | undefined;
  #disposed: Promise<void> | undefined;

  constructor(setup: RunnerSetup, options: WorkerRunnerOptions) {
    this.#setup = setup;
    this.#options = options;
  }

  prepare(): Promise<void> {
    const { modelFolder, provider, controls, memory } = this.#setup;
    const { entry, clock } = this.#options;
    const start: WorkerStart = {
      modelFolder,
      provider,
      controls,
      memory: memory.buffers,
      clockOffsetMs: clock.nowMs() - monotonicMs(),
    };
    return new Promise((resolve, reject) => {
      const worker = new Worker(entry, { workerData: start, name: 'residua-codec' });
      this.#worker = worker;
      let lastError: Error | undefined;
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve();
        else if (message.type === 'failed') this.#failed(message.problem, reject);
        else if (message.type === 'reset') this.#settleReset(message.id);
        else this.#setup.report(message.report);
      });
      worker.on('error', (error) => (lastError = error));
      this.#ended = new Promise((ended) => {
        worker.once('exit', (status) => {
          ended();
          this.#gone(lastError, status, reject);
        });
      });
    });
  }

  wake(): void {
    this.#setup.memory.ring();
  }

  update(controls: LiveControls): void {
    this.#send({ type: 'controls', controls });
  }

  async reset(): Promise<void> {
    if (!this.#worker || this.#disposed) return;
    const id = this.#nextReset++;
    const answered = new Promise<void>((resolve) => {
      this.#resets.set(id, resolve);
      this.#send({ type: 'reset', id });
    });
    if (await inTime(answered, ANSWER_MS)) return;
    this.#resets.delete(id);
    throw new ResiduaError('CODEC_HUNG', `the codec has not answered for ${ANSWER_MS} ms`, {
      hint: 'Start again: it is loaded anew then.',
    });
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    this.#send({ type: 'dispose' });
    if (await inTime(this.#ended!, DISPOSE_MS)) return;
    await inTime(worker.terminate(), TERMINATE_MS);
    worker.unref();
  }

  #send(message: ToWorker): void {
    this.#worker?.postMessage(message);
    this.#setup.memory.ring();
  }

  /** While loading that is why `prepare` fails; later the worker is broken. */
  #failed(problem: LiveProblem, reject: (error: unknown) => void): void {
    reject(fromProblem(problem));
    if (!this.#disposed) this.#setup.report({ type: 'died', problem });
  }

  #gone(error: Error | undefined, status: number, reject: (error: unknown) => void): void {
    this.#worker = undefined;
    for (const id of [...this.#resets.keys()]) this.#settleReset(id);
    const why = error ? error.message : `exit status ${status}`;
    const problem = { code: 'CODEC_DIED', message: `the codec's worker ended: ${why}` };
    reject(new ResiduaError(problem.code, problem.message, { cause: error }));
    if (!this.#disposed) this.#setup.report({ type: 'died', problem });
  }

  #settleReset(id: number): void {
    this.#resets.get(id)?.();
    this.#resets.delete(id);
  }
}

/** @returns whether it came to pass in time */
function inTime(event: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = event.then(
    () => true,
    () => true,
  );
  return within(ms, settled, false);
}
