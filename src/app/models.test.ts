import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelSummarySchema } from '../ipc/messages.ts';
import { chooseModel, defaultQuantizer, readModels } from './models.ts';

const TINY = join(import.meta.dirname, '../../test/fixtures/tiny-model');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-models-'));
});
afterEach(() => rm(folder, { recursive: true }));

const install = (name: string) => cp(TINY, join(folder, name), { recursive: true });

describe('models', () => {
  it('are described in units that people read', async () => {
    await install('a');
    const { summaries, problems } = await readModels(folder);
    expect(problems).toEqual([]);
    expect(summaries).toHaveLength(1);
    expect(modelSummarySchema.parse(summaries[0])).toMatchObject({
      id: 'tiny',
      sampleRateHz: 16_000,
      hopMs: 10,
      algorithmicLatencyMs: 20,
    });
    const rvq = summaries[0]!.quantizers.find(({ id }) => id === 'rvq');
    expect(rvq).toMatchObject({ maxCodebooks: 3, bitsPerCodebook: 4, kbpsMax: 1.2 });
  });

  it('one that cannot be read does not hide the others', async () => {
    await install('a');
    await mkdir(join(folder, 'b'));
    await writeFile(join(folder, 'b', 'manifest.json'), '{');
    const { summaries, problems } = await readModels(folder);
    expect(summaries).toHaveLength(1);
    expect(problems).toMatchObject([{ code: 'MODEL_CORRUPT' }]);
    expect((await chooseModel(folder, null)).folder).toBe(join(folder, 'a'));
  });

  it('are chosen by id or by folder; the last by name on its own', async () => {
    await install('a');
    await install('b');
    expect((await chooseModel(folder, null)).folder).toBe(join(folder, 'b'));
    expect((await chooseModel(folder, 'tiny')).folder).toBe(join(folder, 'a'));
    expect((await chooseModel(folder, 'b')).folder).toBe(join(folder, 'b'));
    await expect(chooseModel(folder, 'c')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      hint: expect.stringContaining('tiny'),
    });
  });

  it('a model folder itself is taken too', async () => {
    expect((await chooseModel(TINY, null)).manifest.id).toBe('tiny');
  });

  it.each([
    ['an empty folder', ''],
    ['no folder', 'nothing/here'],
    ['a file', 'file'],
  ])('%s is a problem that says what to do', async (_name, path) => {
    await writeFile(join(folder, 'file'), '');
    const { summaries, problems } = await readModels(join(folder, path));
    expect(summaries).toEqual([]);
    expect(problems).toMatchObject([{ code: 'MODEL_NOT_FOUND' }]);
    await expect(chooseModel(join(folder, path), null)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      hint: expect.stringContaining('settings'),
    });
  });

  it('start with the first quantizer that codes', async () => {
    expect(defaultQuantizer((await chooseModel(TINY, null)).manifest).id).toBe('rvq');
  });
});
