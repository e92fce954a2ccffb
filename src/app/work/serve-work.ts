import { removeUnfinishedFiles } from '../../audio/atomic-file.ts';
import { toEngineProblem } from '../../ipc/engine-protocol.ts';
import { clean } from './clean.ts';
import { loadClip, renderVariant } from './clips.ts';
import { toFlac, toMonoWav } from './convert.ts';
import { peaks, spectrogram } from './pictures.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import type { TaskArgument, TaskContext, TaskName, TaskResult } from './tasks.ts';

/** Ten times a second is as often as anybody looks. */
const PROGRESS_MS = 100;

const tasks: {
  [T in TaskName]: (argument: TaskArgument<T>, context: TaskContext<T>) => Promise<TaskResult<T>>;
} = {
  clean,
  flac: toFlac,
  wav: toMonoWav,
  peaks: ({ path, buckets }, { signal }) => peaks(path, buckets, signal),
  spectrogram: ({ path, columns, rows }, { signal }) => spectrogram(path, columns, rows, signal),
  loadClip,
  variant: renderVariant,
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
      else send({ type: 'failed', id, problem: toEngineProblem(error) });
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
