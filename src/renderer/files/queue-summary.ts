import type { Job } from '../../ipc/app/jobs.ts';
import { isBusy, type FilesState } from './files-model.ts';

export interface QueueSummary {
  readonly total: number;
  readonly busy: number;
  readonly done: number;
  readonly failed: number;
  /** Until the last one is done, s; `null` while nobody can know. */
  readonly secondsLeft: number | null;
}

/** @returns how far the whole queue is */
export function summarize({ jobs, local }: Pick<FilesState, 'jobs' | 'local'>): QueueSummary {
  const all = [...jobs, ...local];
  return {
    total: all.length,
    busy: all.filter(({ state }) => isBusy(state)).length,
    done: jobs.filter(({ state }) => state === 'done').length,
    failed: all.filter(({ state }) => state === 'failed' || state === 'refused').length,
    secondsLeft: local.some(({ state }) => isBusy(state)) ? null : timeLeft(jobs),
  };
}

/** Jobs run side by side: the rest of the sound is shared by as many as are running now. */
function timeLeft(jobs: readonly Job[]): number | null {
  const running = jobs.filter(({ state }) => state === 'running');
  const waiting = jobs.filter(({ state }) => state === 'waiting');
  if (running.length === 0 || running.some(({ secondsLeft }) => secondsLeft === null)) return null;
  const longest = Math.max(...running.map(({ secondsLeft }) => secondsLeft!));
  if (waiting.length === 0) return longest;
  const speed = running.reduce((sum, job) => sum + (job.speed ?? 0), 0);
  if (speed <= 0 || waiting.some(({ seconds }) => seconds === null)) return null;
  const rest = waiting.reduce((sum, { seconds }) => sum + seconds!, 0);
  const owed = running.reduce(
    (sum, { secondsLeft, speed: own }) => sum + secondsLeft! * (own ?? 0),
    0,
  );
  return Math.max(longest, (rest + owed) / speed);
}
