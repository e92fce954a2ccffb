import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkFolder } from './work-folder.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'residua-work-folder-'));
});
afterAll(() => rm(root, { recursive: true }));

it('is new, its owner’s alone, and takes the place of those that a crash left behind', async () => {
  const parent = join(root, 'not', 'there', 'yet');
  const first = await makeWorkFolder(parent);
  expect((await stat(first)).mode & 0o777).toBe(0o700);
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  const stale = join(parent, `residua-work-${pid}-abcdef`);
  await mkdir(stale);
  await writeFile(join(stale, 'left.wav'), 'x');
  await writeFile(join(parent, 'something-else'), 'x');
  const second = await makeWorkFolder(parent);
  expect((await readdir(parent)).sort()).toEqual(
    [basename(first), basename(second), 'something-else'].sort(),
  );
});

it('says so where nothing can be written', async () => {
  const file = join(root, 'file');
  await writeFile(file, 'x');
  await expect(makeWorkFolder(join(file, 'below'))).rejects.toMatchObject({
    code: 'TEMPORARY_FOLDER',
  });
});
