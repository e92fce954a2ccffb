import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyConfig } from '../trainer/test-config.ts';
import { deepMerge, stableHash, writeWhole, type JsonObject } from './json.ts';
import { loadPlan, parsePlan, type PlannedRun } from './plan.ts';
import { selectRuns } from './select.ts';
import { validatePlan } from './validate.ts';

const { name: _, ...common } = tinyConfig() as unknown as JsonObject;
const CHECKPOINTS = 'training/checkpoints';

function run(id: string, more: JsonObject = {}): JsonObject {
  return { id, group: 'family', label: id, about: `What ${id} changes.`, config: {}, ...more };
}
function from(...ids: string[]): JsonObject {
  return { init: ids.map((id) => ({ checkpoint: `${CHECKPOINTS}/study-${id}` })) };
}
function plan(...runs: JsonObject[]): PlannedRun[] {
  return parsePlan({ common, runs }, 'plan.json');
}
function find(runs: readonly PlannedRun[], id: string): PlannedRun {
  return runs.find((one) => one.id === id)!;
}
const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'PLAN_INVALID', message: expect.stringMatching(message) });

describe('deepMerge', () => {
  it('merges objects, replaces arrays and values, removes nulls, and changes neither side', () => {
    const base = { a: { b: 1, c: [1, 2] }, d: 4, e: { f: 1 } };
    const patch = { a: { c: [3] }, d: { x: 1 }, e: null, g: 5 };
    const before = structuredClone([base, patch]);
    expect(deepMerge(base, patch)).toEqual({ a: { b: 1, c: [3] }, d: { x: 1 }, g: 5 });
    expect([base, patch]).toEqual(before);
    expect(deepMerge([1], { a: null, b: { c: null } })).toEqual({ b: {} });
  });
});

describe('stableHash', () => {
  it('depends on values and the order of lists, not on the order of keys', () => {
    const hash = stableHash({ a: 1, b: { c: [1, 2], d: 'x' } });
    expect(stableHash({ b: { d: 'x', c: [1, 2] }, a: 1, e: undefined })).toBe(hash);
    expect(stableHash({ a: 1, b: { c: [2, 1], d: 'x' } })).not.toBe(hash);
    expect(stableHash({ a: '1', b: { c: [1, 2], d: 'x' } })).not.toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('parsePlan', () => {
  it('builds each config from the common one, what it extends and its own', () => {
    const runs = plan(
      run('c', { extends: 'b', config: { seed: 9 } }),
      run('a', { config: { quantizerId: 'a', optimizer: { totalSteps: 7 } }, rates: [4, 1, 4] }),
      run('b', { extends: 'a', config: { loss: { windows: [32] } } }),
      run('again', { seedOf: 'a', config: { seed: 2 } }),
    );
    const c = find(runs, 'c');
    expect(c.config).toMatchObject({ name: 'study-c', seed: 9, quantizerId: 'a' });
    expect(c.config['optimizer']).toMatchObject({ totalSteps: 7, warmupSteps: 2 });
    expect(c.config['loss']).toMatchObject({ windows: [32], waveform: 0.1 });
    expect(c.rates).toEqual([1, 4]);
    expect(find(runs, 'again')).toMatchObject({ extends: 'a', seedOf: 'a', rates: [1, 4] });
    expect(find(runs, 'again').config).toMatchObject({ seed: 2, quantizerId: 'a' });
  });

  it('puts runs behind those they start from and otherwise keeps their order', () => {
    const runs = plan(
      run('x'),
      run('late', { config: from('base', 'middle') }),
      run('middle', { config: from('base') }),
      run('base'),
      run('y'),
    );
    expect(runs.map(({ id }) => id)).toEqual(['x', 'base', 'middle', 'late', 'y']);
    expect(find(runs, 'late').startsFrom).toEqual(['base', 'middle']);
  });

  it("takes only the plan's own checkpoints for dependencies", () => {
    const config = {
      init: [{ checkpoint: 'training/checkpoints/none-v3' }, { checkpoint: 'elsewhere/study-b' }],
    };
    expect(find(plan(run('a', { config }), run('b')), 'a').startsFrom).toEqual([]);
  });

  it('hashes the config, not the name, label or rates', () => {
    const [a, b] = plan(run('a'), run('b', { label: 'other', rates: [1] }));
    expect(a!.configHash).toBe(b!.configHash);
    const [changed] = plan(run('a', { config: { seed: 6 } }));
    expect(changed!.configHash).not.toBe(a!.configHash);
  });

  it('changes the hash of what starts from a changed run', () => {
    const hashOf = (seed: number): string =>
      find(plan(run('base', { config: { seed } }), run('a', { config: from('base') })), 'a')
        .configHash;
    expect(hashOf(1)).toBe(hashOf(1));
    expect(hashOf(1)).not.toBe(hashOf(2));
  });

  it.each<[string, JsonObject[], RegExp]>([
    ['two of one id', [run('a'), run('a')], /run "a" at "id"/],
    ['an unknown parent', [run('a', { extends: 'z' })], /run "a" at "extends".*"z"/],
    ['an unknown seedOf', [run('a', { seedOf: 'z' })], /run "a" at "seedOf".*"z"/],
    [
      'a circle of extends',
      [run('a', { extends: 'b' }), run('b', { extends: 'a' })],
      /extends itself/,
    ],
    [
      'a circle of checkpoints',
      [run('a', { config: from('b') }), run('b', { config: from('a') })],
      /run "a" at "config.init".*a → b → a/,
    ],
    ['a bad id', [run('A b')], /run "A b" at "runs.0.id"/],
    ['a bad group', [run('a'), run('b', { group: 'x' })], /run "b" at "runs.1.group"/],
    ['an unknown key', [run('a', { rate: [1] })], /run "a".*rate/],
    ['rates of nothing', [run('a', { rates: [0] })], /run "a" at "runs.0.rates.0"/],
  ])('refuses %s', (_what, runs, message) => {
    expect(() => plan(...runs)).toThrow(refused(message));
  });
});

describe('loadPlan', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'residua-plan-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('refuses what is not there or not JSON', () => {
    expect(() => loadPlan(join(folder, 'none.json'))).toThrow(
      expect.objectContaining({ code: 'PLAN_NOT_FOUND' }),
    );
    writeFileSync(join(folder, 'bad.json'), '{');
    expect(() => loadPlan(join(folder, 'bad.json'))).toThrow(refused(/not JSON/));
  });

  it('reads the plan that ships', () => {
    const runs = loadPlan(join(import.meta.dirname, '..', 'configs', 'study.json'));
    const existing = validatePlan(runs, 'study.json', folder, []);
    expect(existing.size).toBe(runs.length);
  });

  it('checks configs, quantizers, rates and checkpoints before anything is trained', () => {
    const check = (...runs: JsonObject[]) => validatePlan(plan(...runs), 'plan.json', folder);
    const fsq = { family: 'fsq', codebooks: 16, levels: [4, 4] };
    const quantized = (quantizer: JsonObject, rates?: number[]) =>
      run('q', { config: { model: { latentDim: 32 }, quantizer }, ...(rates ? { rates } : {}) });

    expect(check(run('a'), quantized(fsq, [1, 16])).get('q')?.name).toBe('study-q');
    expect(() => check(run('a', { config: { seed: -1 } }))).toThrow(
      refused(/run "a" at "config".*"seed"/),
    );
    const pq = { family: 'pq', codebooks: 15, codebook: { size: 16 } };
    expect(() => check(quantized(pq, [1]))).toThrow(
      refused(/run "q" at "config.quantizer".*15 equal groups/),
    );
    expect(() => check(quantized(fsq, [1, 17]))).toThrow(refused(/run "q" at "rates".*17.*16/));
    expect(() => check(quantized(fsq))).toThrow(refused(/run "q" at "rates"/));
    expect(() => check(run('a', { rates: [1] }))).toThrow(refused(/run "a" at "rates"/));

    const data = { prepared: 'training/prepared/x' };
    const sees = (encoderSees: string) =>
      check(run('a', { config: { data, model: { encoderSees } } }));
    expect(() => sees('noisy')).toThrow(refused(/run "a" at "config.data.prepared".*"noisy"/));
    expect(() => sees('denoised')).not.toThrow();

    const start = run('a', { config: { init: [{ checkpoint: 'training/checkpoints/old' }] } });
    expect(() => check(start)).toThrow(refused(/run "a" at "config.init".*checkpoints\/old/));
    mkdirSync(join(folder, CHECKPOINTS, 'old'), { recursive: true });
    writeWhole(join(folder, CHECKPOINTS, 'old', 'checkpoint.json'), '{}');
    expect(() => check(start)).not.toThrow();
    expect(() => check(run('a', { config: from('b') }), run('b'))).not.toThrow();
    expect(() => check(run('a', { config: from('gone') }))).toThrow(refused(/study-gone/));
  });
});

describe('selectRuns', () => {
  const runs = plan(run('rvq'), run('rvq-256', { group: 'ablation' }), run('fsq'));

  it.each([
    ['rvq', ['rvq']],
    ['rvq*', ['rvq', 'rvq-256']],
    ['ablation, fsq', ['rvq-256', 'fsq']],
    ['*', ['rvq', 'rvq-256', 'fsq']],
  ])('%s', (patterns, ids) => {
    expect([...selectRuns(runs, patterns)]).toEqual(ids);
  });

  it.each(['rvq,pq', '', 'r.q'])('refuses "%s", of which a part matches nothing', (patterns) => {
    expect(() => selectRuns(runs, patterns)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
