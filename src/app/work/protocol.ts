import type { EngineProblem } from '../../ipc/engine-protocol.ts';
import type { TaskName } from './tasks.ts';

/** What crosses between the pool and one of its processes; both are of one installation. */

export type ToWorker =
  | {
      readonly type: 'run';
      readonly id: number;
      readonly task: TaskName;
      readonly argument: unknown;
    }
  | { readonly type: 'cancel'; readonly id: number };

export type FromWorker =
  | { readonly type: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly type: 'done'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly problem: EngineProblem }
  /** Gave up because it was told to, and left nothing behind. */
  | { readonly type: 'cancelled'; readonly id: number };
