import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPlan } from '../../training/study/plan.ts';
import { appStudy } from '../../training/study/report/app-study.ts';
import { collect } from '../../training/study/report/data.ts';
import { readStudy } from './study.ts';

const ROOT = join(import.meta.dirname, '../..');
const RESOURCES = join(ROOT, 'resources');

describe('the shipped study', () => {
  it('is read, and has the unprocessed input to compare with', async () => {
    const { rows, problem } = await readStudy(RESOURCES);
    expect(problem).toBeNull();
    expect(rows[0]).toMatchObject({ quantizer: 'noisy', kbps: 0, siSdrImprovement: 0 });
    expect(rows.length).toBeGreaterThan(20);
  });

  it('is in step with the results [npm run study -- --stage report]', async () => {
    const plan = loadPlan(join(ROOT, 'training/configs/study.json'));
    const { rows } = JSON.parse(appStudy(collect(ROOT, plan))) as { rows: object[] };
    expect((await readStudy(RESOURCES)).rows).toEqual(rows);
  });

  it.each([
    ['no file', undefined],
    ['no JSON', '{"rows": ['],
    ['rows of another kind', '{"rows": [{"quantizer": 3}]}'],
  ])('%s is a problem, and nothing else', async (_name, text) => {
    const folder = await mkdtemp(join(tmpdir(), 'residua-study-'));
    if (text !== undefined) await writeFile(join(folder, 'study.json'), text);
    const { rows, problem } = await readStudy(folder);
    expect(rows).toEqual([]);
    expect(problem).toMatchObject({ code: 'STUDY_UNREADABLE', hint: expect.any(String) });
    await rm(folder, { recursive: true });
  });
});
