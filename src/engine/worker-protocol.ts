/** What the audio thread and the codec's worker say to each other besides sound. */
import type { CodecMemoryBuffers } from './codec-memory.ts';
import type { RunnerReport } from './codec-runner.ts';
import type { LiveControls, LiveProblem } from './contract.ts';

/** `workerData` of the codec's worker. */
export interface WorkerStart {
  readonly modelFolder: string;
  readonly provider: string;
  readonly controls: LiveControls;
  readonly memory: CodecMemoryBuffers;
  /** The engine's clock less the process's monotonic one, ms: `performance.now` has another origin in each thread. */
  readonly clockOffsetMs: number;
}

/** Taken in between hops; each is followed by the doorbell. */
export type ToWorker =
  | { readonly type: 'controls'; readonly controls: LiveControls }
  | { readonly type: 'reset'; readonly id: number }
  | { readonly type: 'dispose' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly problem: LiveProblem }
  | { readonly type: 'reset'; readonly id: number }
  | { readonly type: 'report'; readonly report: RunnerReport };

/** The process's monotonic clock, the same in every thread. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
