import { expect, it } from 'vitest';
import type { Job } from '../../ipc/app/jobs.ts';
import type { LocalRow } from './files-model.ts';
import { summarize } from './queue-summary.ts';

const job = (state: Job['state'], change: Partial<Job> = {}): Job => ({
  id: 'j',
  name: 'j',
  options: { quantizer: null, codebooks: null, mix: 1 },
  state,
  progress: 0,
  secondsLeft: null,
  seconds: null,
  speed: null,
  kbps: null,
  output: null,
  problem: null,
  ...change,
});

it('counts rows of both kinds', () => {
  const jobs = [job('done'), job('failed'), job('running', { secondsLeft: 4 }), job('cancelled')];
  const local = [{ state: 'refused' }, { state: 'uploading' }] as LocalRow[];
  expect(summarize({ jobs, local })).toEqual({
    total: 6,
    busy: 2,
    done: 1,
    failed: 2,
    secondsLeft: null,
  });
});

it('the slowest one decides when none waits', () => {
  const jobs = [job('running', { secondsLeft: 4 }), job('running', { secondsLeft: 9 })];
  expect(summarize({ jobs, local: [] }).secondsLeft).toBe(9);
});

it('what waits is shared by those at work', () => {
  const jobs = [
    job('running', { secondsLeft: 2, speed: 10 }),
    job('running', { secondsLeft: 4, speed: 10 }),
    job('waiting', { seconds: 100 }),
  ];
  // 20 s + 40 s + 100 s of sound at 20 times real time.
  expect(summarize({ jobs, local: [] }).secondsLeft).toBe(8);
});

it('says nothing where a length or a speed is unknown', () => {
  const left = (jobs: Job[]) => summarize({ jobs, local: [] }).secondsLeft;
  expect(left([])).toBeNull();
  expect(left([job('waiting', { seconds: 5 })])).toBeNull();
  expect(left([job('running')])).toBeNull();
  expect(left([job('running', { secondsLeft: 1, speed: 5 }), job('waiting')])).toBeNull();
});
