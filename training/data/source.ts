import { Worker } from 'node:worker_threads';
import { DataError } from './errors.ts';
import type { BatchReply, BatchRequest, WorkerSetup } from './worker.ts';

/** One step's examples: row-major [batchSize, samples], float32 in [-1, 1]. */
export interface Batch {
  noisy: Float32Array;
  clean: Float32Array;
  batchSize: number;
  samples: number;
  /** batchSize × segment length. */
  audioSeconds: number;
}

/** What a source has done so far and what it draws from. */
export interface SourceStats {
  batches: number;
  examples: number;
  audioSeconds: number;
  /** Wall time in the worker, over examples: rises when the cores are busy with something else. */
  mixMsPerExample: number;
  /** Time next() spent waiting: large when mixing is too slow for the trainer. */
  waitMs: number;
  /** Examples by kind of noise (`recorded`, `babble`, `synthetic`, `clean`, `noise`). */
  kinds: Record<string, number>;
}

/** Batches made in worker threads, a few ahead, always in order. */
export class WorkerBatches {
  private readonly workers: Worker[] = [];
  private readonly ready = new Map<number, BatchReply>();
  private readonly setup: WorkerSetup;
  private readonly prefetch: number;
  private waiting:
    { batch: number; resolve: (r: BatchReply) => void; reject: (e: Error) => void } | undefined;
  private failure: Error | undefined;
  private closed = false;
  private requested: number;
  private upcoming: number;
  private readonly counts: SourceStats = {
    batches: 0,
    examples: 0,
    audioSeconds: 0,
    mixMsPerExample: 0,
    waitMs: 0,
    kinds: {},
  };
  private mixMs = 0;

  constructor(setup: WorkerSetup, workers: number, prefetch: number, startBatch: number) {
    this.setup = setup;
    this.prefetch = Math.max(1, prefetch);
    this.requested = startBatch;
    this.upcoming = startBatch;
    for (let i = 0; i < workers; i++) this.workers.push(this.start());
    while (this.requested < startBatch + this.prefetch) this.request();
  }

  async next(): Promise<Batch> {
    if (this.failure) throw this.failure;
    if (this.closed) throw new DataError('DATA_WORKER', 'the batch source is closed');
    if (this.waiting)
      throw new DataError('DATA_WORKER', 'next() was called before the last one ended');
    const started = performance.now();
    const batch = this.upcoming++;
    this.request();
    const reply = this.ready.get(batch) ?? (await this.arrival(batch));
    this.ready.delete(batch);
    const { batchSize, mixer } = this.setup;
    const counts = this.counts;
    counts.waitMs += performance.now() - started;
    counts.batches++;
    counts.examples += batchSize;
    const audioSeconds = (batchSize * mixer.samples) / 16000;
    counts.audioSeconds += audioSeconds;
    this.mixMs += reply.mixMs;
    counts.mixMsPerExample = this.mixMs / counts.examples;
    for (const [kind, n] of Object.entries(reply.kinds)) {
      counts.kinds[kind] = (counts.kinds[kind] ?? 0) + n;
    }
    return {
      noisy: reply.noisy,
      clean: reply.clean,
      batchSize,
      samples: mixer.samples,
      audioSeconds,
    };
  }

  stats(): SourceStats {
    return { ...this.counts, kinds: { ...this.counts.kinds } };
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.workers.map((worker) => worker.terminate()));
    this.waiting?.reject(new DataError('DATA_WORKER', 'the batch source was closed'));
    this.waiting = undefined;
    this.ready.clear();
  }

  private arrival(batch: number): Promise<BatchReply> {
    for (const worker of this.workers) worker.ref();
    return new Promise((resolve, reject) => {
      this.waiting = { batch, resolve, reject };
    });
  }

  private request(): void {
    const batch = this.requested++;
    const worker = this.workers[batch % this.workers.length] as Worker;
    worker.postMessage({ batch } satisfies BatchRequest);
  }

  private start(): Worker {
    const worker = new Worker(new URL('./worker-boot.mjs', import.meta.url), {
      workerData: this.setup,
      execArgv: [],
    });
    worker.on('message', (reply: BatchReply) => {
      if (this.waiting?.batch === reply.batch) {
        const { resolve } = this.waiting;
        this.waiting = undefined;
        for (const other of this.workers) other.unref();
        resolve(reply);
      } else this.ready.set(reply.batch, reply);
    });
    const fail = (error: Error): void => {
      if (this.closed) return;
      this.failure ??= error;
      this.waiting?.reject(this.failure);
      this.waiting = undefined;
    };
    worker.on('error', (error) =>
      fail(new DataError('DATA_WORKER', `the mixing worker failed: ${String(error)}`)),
    );
    worker.on('exit', (code) =>
      fail(new DataError('DATA_WORKER', `the mixing worker ended with status ${code}`)),
    );
    // A trainer that ends without close() must not be kept alive by batches nobody waits for.
    worker.unref();
    return worker;
  }
}
