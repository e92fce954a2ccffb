import type { Job } from '../../ipc/app/jobs.ts';
import type { CleanProgress } from '../work/tasks.ts';

type Figures = Pick<Job, 'progress' | 'secondsLeft' | 'seconds' | 'speed'>;

/** Before this much time has passed, a speed says nothing, ms. */
const SETTLING_MS = 300;

/** What a person wants to know of how far a job is. */
export function figuresOf({ done, total, share, elapsedMs }: CleanProgress): Figures {
  const isSettled = elapsedMs >= SETTLING_MS && share > 0;
  return {
    progress: share,
    secondsLeft: isSettled ? (elapsedMs / 1000) * (1 / share - 1) : null,
    seconds: total,
    speed: isSettled ? done / (elapsedMs / 1000) : null,
  };
}
