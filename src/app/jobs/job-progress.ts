import type { Job } from '../../ipc/app/jobs.ts';

type Figures = Pick<Job, 'progress' | 'secondsLeft' | 'seconds' | 'speed'>;

/** Before this much time has passed, a speed says nothing, ms. */
const SETTLING_MS = 300;

/**
 * How far a job is.
 * @param done seconds of sound that have passed
 * @param total in all; `null` where the file does not say, and then there is no progress to show
 * @param elapsedMs since the codec was ready
 */
export function figuresOf(done: number, total: number | null, elapsedMs: number): Figures {
  const speed = elapsedMs >= SETTLING_MS ? done / (elapsedMs / 1000) : null;
  if (total === null) return { progress: 0, secondsLeft: null, seconds: null, speed };
  return {
    progress: total > 0 ? Math.min(1, done / total) : 0,
    secondsLeft: speed === null || speed === 0 ? null : Math.max(0, total - done) / speed,
    seconds: total,
    speed,
  };
}
