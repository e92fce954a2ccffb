import { removeUnfinishedFiles } from '../../audio/atomic-file.ts';
import { exitCodeOf } from '../../common/errors.ts';
import { toProblem } from '../../common/problem.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import type { TaskArgument, TaskContext, TaskName, TaskResult } from './tasks.ts';

/** Ten times a second is as often as anybody looks. */
const PROGRESS_MS = 100;

/** Each loads what it needs: a process that only draws starts without codecs. */
const tasks: {
  [T in TaskName]: (argument: TaskArgument<T>, context: TaskContext<T>) => Promise<TaskResult<T>>;
} = {
  clean: async (...call) => (await import('./clean.ts')).clean(...call),
  flac: async (...call) => (await import('./convert.ts')).toFlac(...call),
  wav: async (...call) => (await import('./convert.ts')).toMonoWav(...call),
  peaks: async ({ path, buckets }, { signal }) =>
    (await import('./pictures.ts')).peaks(path, buckets, signal),
  spectrogram: async ({ path, columns, rows }, { signal }) =>
    (await import('./pictures.ts')).spectrogram(path, columns, rows, signal),
  loadClip: async (...call) => (await import('./clips.ts')).loadClip(...call),
  variant: async (...call) => (await import('./clips.ts')).renderVariant(...call),
};

/** Carries out the tasks that the parent process sends, one at a time, until it is gone. */
export function serveWork(): void {
  const running = new Map<number, AbortController>();
  const send = (message: FromWorker): void => {
    if (process.connected) process.send!(message);
  };
  const run = async (id: number, task: TaskName, argument: unknown): Promise<void> => {
    const abort = new AbortController();
    running.set(id, abort);
    const { signal } = abort;
    let lastProgress = -Infinity;
    const onProgress = (progress: unknown): void => {
      const now = performance.now();
      if (now - lastProgress < PROGRESS_MS) return;
      lastProgress = now;
      send({ type: 'progress', id, progress });
    };
    try {
      const carryOut = tasks[task] as (
        argument: unknown,
        context: { signal: AbortSignal; onProgress: (progress: unknown) => void },
      ) => Promise<unknown>;
      const result = await carryOut(argument, { signal, onProgress });
      send({ type: 'done', id, result });
    } catch (error) {
      if (signal.aborted) send({ type: 'cancelled', id });
      else {
        const problem = { ...toProblem(error), isUsage: exitCodeOf(error) === 2 };
        send({ type: 'failed', id, problem });
      }
    } finally {
      running.delete(id);
    }
  };
  process.on('message', (message: ToWorker) => {
    if (message.type === 'cancel') running.get(message.id)?.abort();
    else void run(message.id, message.task, message.argument);
  });
  // The parent is gone, or has no more work.
  process.on('disconnect', () => {
    removeUnfinishedFiles();
    process.exit(0);
  });
  // A message to a parent that has just died: `disconnect` follows.
  process.on('error', () => undefined);
  // Ctrl-C reaches every process of a terminal: it is the parent that decides what it means.
  process.on('SIGINT', () => undefined);
}
