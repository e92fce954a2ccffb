import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeStudy, TOTAL_STEPS } from './fake-study.ts';
import { writeWhole, type JsonObject } from './json.ts';
import { needsTraining, type RunOutcome } from './runner.ts';

let study: FakeStudy;
beforeEach(() => {
  study = new FakeStudy();
});
afterEach(() => study.remove());

const from = (id: string): JsonObject => ({
  init: [{ checkpoint: `training/checkpoints/study-${id}` }],
});
const statuses = (outcomes: readonly RunOutcome[]): string =>
  outcomes.map(({ id, status }) => `${id} ${status}`).join(', ');
const STAGES = ['train', 'export', 'noisy', 'clean', 'bench', 'lookup'] as const;

/** What is left to do after an end in `stage`: both timings belong together. */
const stagesFrom = (stage: (typeof STAGES)[number]) =>
  STAGES.slice(STAGES.indexOf(stage === 'lookup' ? 'bench' : stage));

describe('a study', () => {
  it('trains, exports and measures each run and keeps what came of it', async () => {
    const runs = study.plan({ id: 'a' });
    expect(statuses(await study.run(runs))).toBe('a done');
    expect(study.calls).toEqual(STAGES.map((stage) => `a/${stage}`));
    expect(study.trainedConfig('a')).toMatchObject({ name: 'study-a', seed: 1 });
    expect(study.result('a')).toMatchObject({
      id: 'a',
      configHash: runs[0]!.configHash,
      status: 'done',
      steps: TOTAL_STEPS,
      audioHours: 0.4,
      audioHoursBefore: 1,
      wallSeconds: 40,
      macsPerHop: 7000,
      quantizerMacs: 300,
      params: 5000,
      bytes: 2000,
      noisy: { metrics: { siSdr: 1, stoi: 0.7 }, files: 2, bySnr: [{ snrDb: 0, files: 2 }] },
      bench: { hopMs: { p50: 0.5, p99: 1 }, quantizerMs: { p50: 0.1 } },
      rates: [
        { codebooks: 1, kbps: 0.4, metrics: { siSdr: 1 } },
        { codebooks: 4, kbps: 1.6, codes: [{}, {}, {}, {}], cleanThrough: {} },
      ],
    });
    expect(study.result('a')!.curve).toEqual([
      [10, 0.1],
      [20, 0.05],
      [30, 0.0333333],
      [40, 0.025, 4],
    ]);
  });

  it('does nothing again that is finished', async () => {
    const runs = study.plan({ id: 'a' });
    await study.run(runs);
    const before = study.result('a');
    const [outcome] = await study.run(runs);
    expect(outcome).toEqual({ id: 'a', status: 'done', skipped: true });
    expect(study.calls).toEqual([]);
    expect(study.result('a')).toEqual(before);
    expect(needsTraining(runs[0]!, study.paths)).toBe(false);
  });

  it.each(STAGES)('goes on where it was stopped in stage %s', async (stage) => {
    const runs = study.plan({ id: 'a' }, { id: 'b' }, { id: 'c' });
    study.plays.set(`b/${stage}`, 'stop');
    expect(statuses(await study.run(runs))).toBe('a done, b stopped, c stopped');
    const finished = study.result('a');
    expect(study.calls).not.toContain('c/train');
    expect(statuses(await study.run(runs))).toBe('a done, b done, c done');
    const rest = stagesFrom(stage);
    expect(study.calls.filter((call) => !call.startsWith('c/'))).toEqual(
      rest.map((name) => `b/${name}`),
    );
    expect(study.result('a')).toEqual(finished);
    expect(study.result('b')).toMatchObject({ status: 'done', steps: TOTAL_STEPS });
  });

  it.each(STAGES)(
    'records a crash in stage %s, goes on with the others, and tries again',
    async (stage) => {
      const runs = study.plan({ id: 'a' }, { id: 'b' });
      study.plays.set(`a/${stage}`, 'crash');
      expect(statuses(await study.run(runs))).toBe('a failed, b done');
      expect(study.result('a')?.reason).toContain('x is not a function');
      expect(statuses(await study.run(runs))).toBe('a done, b done');
      expect(study.calls).toEqual(stagesFrom(stage).map((name) => `a/${name}`));
      expect(study.result('a')).not.toHaveProperty('reason');
    },
  );

  it('names the signal that killed a process', async () => {
    study.plays.set('a/train', 'kill');
    await study.run(study.plan({ id: 'a' }));
    expect(study.result('a')?.reason).toBe('ended by SIGKILL (out of memory?)');
  });

  it('takes output that is no measurement for a failure', async () => {
    study.plays.set('a/noisy', 'nonsense');
    expect(statuses(await study.run(study.plan({ id: 'a' })))).toBe('a failed');
  });
});

describe('a run that goes wrong', () => {
  it('is recorded as diverged, for good, and does not stop the others', async () => {
    const runs = study.plan({ id: 'a' }, { id: 'after-a', config: from('a') }, { id: 'b' });
    study.plays.set('a/train', 'diverge');
    const outcomes = await study.run(runs);
    expect(statuses(outcomes)).toBe('a diverged, after-a waiting, b done');
    expect(outcomes[1]!.reason).toBe('it starts from a, which diverged');
    expect(study.result('a')).toMatchObject({
      status: 'diverged',
      steps: 20,
      reason: expect.stringContaining('diverged at step 30') as unknown,
      curve: [
        [10, 0.1],
        [20, 0.05, 2],
      ],
    });
    expect(study.result('after-a')).toBeUndefined();
    await study.run(runs);
    expect(study.calls).toEqual([]);
    expect(statuses(await study.run(runs, { force: new Set(['a']) }))).toBe(
      'a done, after-a done, b done',
    );
  });

  it('is recorded as collapsed with all that was measured', async () => {
    study.plays.set('a/noisy', 'collapse');
    const runs = study.plan({ id: 'a' }, { id: 'b' });
    expect(statuses(await study.run(runs))).toBe('a collapsed, b done');
    expect(study.result('a')).toMatchObject({
      reason: 'collapsed codebooks: 3 (6.3% used, perplexity 1.0)',
      bench: {},
    });
    expect((await study.run(runs))[0]).toMatchObject({ status: 'collapsed', skipped: true });
  });
});

describe('a changed config', () => {
  it('is refused until it is forced; nothing is lost before', async () => {
    await study.run(study.plan({ id: 'a' }, { id: 'b' }));
    const before = study.result('a');
    const changed = study.plan({ id: 'a', config: { seed: 2 } }, { id: 'b' });
    const outcomes = await study.run(changed);
    expect(statuses(outcomes)).toBe('a changed, b done');
    expect(outcomes[0]!.reason).toContain('--force a');
    expect(study.calls).toEqual([]);
    expect(study.result('a')).toEqual(before);

    study.plays.set('a/noisy', 'stop');
    await study.run(changed, { force: new Set(['a']) });
    // Begun anew, it goes on without being forced again.
    expect(statuses(await study.run(changed))).toBe('a done, b done');
    expect(study.calls).toEqual(['a/noisy', 'a/clean', 'a/bench', 'a/lookup']);
    expect(study.result('a')!.configHash).toBe(changed[0]!.configHash);
    expect(study.trainedConfig('a')).toMatchObject({ seed: 2 });
  });

  it('is noticed when only part of the training was done', async () => {
    study.plays.set('a/train', 'stop');
    await study.run(study.plan({ id: 'a' }));
    expect(study.result('a')).toBeUndefined();
    expect(statuses(await study.run(study.plan({ id: 'a', config: { seed: 2 } })))).toBe(
      'a changed',
    );
  });

  it('of a run changes those that start from it', async () => {
    await study.run(study.plan({ id: 'base' }, { id: 'a', config: from('base') }));
    const changed = study.plan(
      { id: 'base', config: { seed: 2 } },
      { id: 'a', config: from('base') },
    );
    expect(statuses(await study.run(changed))).toBe('base changed, a changed');
  });

  it('may ask for other rates, which are measured without training', async () => {
    await study.run(study.plan({ id: 'a' }));
    expect(statuses(await study.run(study.plan({ id: 'a', rates: [1, 2, 4] })))).toBe('a done');
    expect(study.calls).toEqual(['a/noisy', 'a/clean']);
    expect(study.result('a')!.rates.map(({ codebooks }) => codebooks)).toEqual([1, 2, 4]);
  });
});

describe('stages and selections', () => {
  it('trains all, then measures all', async () => {
    const runs = study.plan({ id: 'a' }, { id: 'b' });
    expect(statuses(await study.run(runs, { stage: 'measure' }))).toBe('a waiting, b waiting');
    expect(statuses(await study.run(runs, { stage: 'train' }))).toBe('a trained, b trained');
    expect(study.calls).toEqual(['a/train', 'b/train']);
    await study.run(runs, { stage: 'train' });
    expect(study.calls).toEqual([]);
    expect(statuses(await study.run(runs, { stage: 'measure' }))).toBe('a done, b done');
    expect(study.calls).not.toContain('a/train');
  });

  it('measures or times again what is finished', async () => {
    const runs = study.plan({ id: 'a' }, { id: 'b' });
    await study.run(runs);
    await study.run(runs, { stage: 'measure', force: new Set(['a']) });
    expect(study.calls).toEqual(['a/export', 'a/noisy', 'a/clean', 'a/bench', 'a/lookup']);
    expect(statuses(await study.run(runs, { stage: 'time' }))).toBe('a done, b done');
    expect(study.calls).toEqual(['a/bench', 'a/lookup', 'b/bench', 'b/lookup']);
  });

  it('works on selected runs only, in the order of what they start from', async () => {
    const runs = study.plan({ id: 'a', config: from('base') }, { id: 'base' }, { id: 'c' });
    const only = await study.run(runs, { selected: new Set(['a']) });
    expect(statuses(only)).toBe('a waiting');
    expect(only[0]!.reason).toContain('base, which is not trained');
    expect(statuses(await study.run(runs, { selected: new Set(['a', 'base']) }))).toBe(
      'base done, a done',
    );
    expect(study.result('c')).toBeUndefined();
  });
});

describe('what is missing', () => {
  it('is named once, with how many runs need it, and the others go on', async () => {
    const gone = join(study.root, 'gone');
    const data = { data: { prepared: gone } };
    const runs = study.plan({ id: 'a', config: data }, { id: 'b', config: data }, { id: 'c' });
    expect(statuses(await study.run(runs))).toBe('a waiting, b waiting, c done');
    expect(study.lines.filter((line) => line.startsWith(gone))).toEqual([
      `${gone} is missing: 2 of the runs need it`,
    ]);
    expect(study.result('a')).toBeUndefined();
  });

  it('does not matter to what is finished', async () => {
    const runs = study.plan({ id: 'base' }, { id: 'a', config: from('base') });
    await study.run(runs);
    for (const folder of [
      'pairs',
      'training/checkpoints',
      'training/study-models',
      'training/runs',
    ]) {
      rmSync(join(study.root, folder), { recursive: true });
    }
    expect(statuses(await study.run(runs))).toBe('base done, a done');
    expect(study.calls).toEqual([]);
  });

  it('says how to get a checkpoint back that only this machine lacks', async () => {
    await study.run(study.plan({ id: 'base' }));
    rmSync(join(study.root, 'training/checkpoints'), { recursive: true });
    const [, a] = await study.run(study.plan({ id: 'base' }, { id: 'a', config: from('base') }));
    expect(a).toMatchObject({ status: 'waiting' });
    expect(a!.reason).toContain('--force base');
  });
});

describe('safety', () => {
  it('leaves a run alone that another process works on, and takes over from a dead one', async () => {
    const runs = study.plan({ id: 'a' }, { id: 'b' });
    writeWhole(study.paths.lock('a'), String(process.ppid));
    writeWhole(study.paths.lock('b'), '999999999');
    expect(statuses(await study.run(runs))).toBe('a busy, b done');
    expect(existsSync(study.paths.lock('b'))).toBe(false);
  });

  it('refuses to begin over a result that it cannot read', async () => {
    const runs = study.plan({ id: 'a' });
    await study.run(runs);
    writeFileSync(study.paths.result('a'), '{"id": "a"}');
    await expect(study.run(runs)).rejects.toMatchObject({ code: 'RESULT_CORRUPT' });
    expect(study.calls).toEqual([]);
    expect(statuses(await study.run(runs, { force: new Set(['a']) }))).toBe('a done');
  });
});
