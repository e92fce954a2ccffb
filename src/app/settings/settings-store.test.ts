import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../ipc/app/settings.ts';
import { SettingsStore, type SettingsStoreOptions } from './settings-store.ts';

let folder: string;
let stores: SettingsStore[];
const onChange = vi.fn();
const onProblem = vi.fn();

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'residua-settings-')), 'data');
  stores = [];
  onChange.mockReset();
  onProblem.mockReset();
});
afterEach(async () => {
  for (const store of stores) await store.flush();
  await rm(join(folder, '..'), { recursive: true });
});

async function open(options: Partial<SettingsStoreOptions> = {}): Promise<SettingsStore> {
  const now = () => new Date('2026-11-25T14:03:12Z');
  const store = await SettingsStore.open({ folder, onChange, onProblem, now, ...options });
  stores.push(store);
  return store;
}

async function given(content: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(join(folder, 'settings.json'), text);
}

const onDisk = async (): Promise<Settings> =>
  JSON.parse(await readFile(join(folder, 'settings.json'), 'utf8')) as Settings;

describe('SettingsStore', () => {
  it('begins with the defaults, writes nothing before a change', async () => {
    const store = await open();
    expect(store.current).toEqual(DEFAULT_SETTINGS);
    expect(store.problems).toEqual([]);
    await store.flush();
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('keeps changes over a restart, groups field by field', async () => {
    const store = await open();
    store.change({ input: 'Mic', controls: { mix: 0.5 } });
    const settings = store.change({ controls: { quantizer: 'rvq', mix: undefined } });
    expect(settings.controls).toEqual({ ...DEFAULT_SETTINGS.controls, mix: 0.5, quantizer: 'rvq' });
    expect(onChange).toHaveBeenCalledTimes(2);
    expect(onChange.mock.lastCall![1].controls.mix).toBe(0.5);
    await store.flush();
    expect((await open()).current).toEqual(settings);
    expect(await readdir(folder)).toEqual(['settings.json']);
  });

  it('writes soon without being told to, and once for many changes', async () => {
    const store = await open({ delayMs: 20 });
    for (let i = 0; i <= 50; i++) store.remember({ controls: { mix: i / 50 } });
    expect(onChange).not.toHaveBeenCalled();
    await vi.waitFor(async () => expect((await onDisk()).controls.mix).toBe(1), 10_000);
    expect(onChange).toHaveBeenCalledOnce();
  });

  it('loads the file of an older version, and of one with fields of its own', async () => {
    await given({ version: 1, theme: 'dark', controls: { mix: 0.25 }, future: { yes: true } });
    const store = await open();
    expect(store.problems).toEqual([]);
    expect(store.current).toEqual({
      ...DEFAULT_SETTINGS,
      theme: 'dark',
      controls: { ...DEFAULT_SETTINGS.controls, mix: 0.25 },
    });
  });

  it.each([
    ['half a file', '{"version":1,"theme":"da', 'not JSON'],
    ['an empty file', '', 'not JSON'],
    ['a list', [], 'no settings'],
    ['null', 'null', 'no settings'],
    ['a later version', { version: 2 }, 'version 2'],
    ['a wrong value', { theme: 'pink', input: 'Mic' }, 'theme'],
    ['a wrong value in a group', { controls: { mix: 'all' } }, 'controls.mix'],
    ['a group that is none', { files: 7 }, 'files'],
    ['a prototype', '{"__proto__":{"theme":"dark"},"controls":{"__proto__":5,"mix":null}}', 'mix'],
  ])('sets aside %s, says so, goes on', async (_name, content, said) => {
    await given(content);
    const text = await readFile(join(folder, 'settings.json'), 'utf8');
    const store = await open();
    expect(store.current.theme).toBe('system');
    expect(store.problems).toEqual([
      {
        code: 'SETTINGS_BROKEN',
        message: expect.stringContaining(said),
        hint: expect.any(String),
      },
    ]);
    const aside = join(folder, 'settings.broken-2026-11-25T14-03-12.json');
    expect(await readFile(aside, 'utf8')).toBe(text);
    await store.flush();
    expect((await open()).problems).toEqual([]);
  });

  it('keeps what is right in a file that is partly wrong', async () => {
    await given({ theme: 'pink', input: 'Mic', controls: { mix: 0.5, codebooks: 'many' } });
    const { current, problems } = await open();
    expect(current.input).toBe('Mic');
    expect(current.controls).toEqual({ ...DEFAULT_SETTINGS.controls, mix: 0.5 });
    expect(problems[0]!.message).toContain('controls.codebooks');
  });

  it('a folder in place of the file is set aside too', async () => {
    await mkdir(join(folder, 'settings.json'), { recursive: true });
    const store = await open();
    expect(store.problems).toMatchObject([{ code: 'SETTINGS_BROKEN' }]);
    store.change({ theme: 'dark' });
    await store.flush();
    expect((await onDisk()).theme).toBe('dark');
  });

  it('lives in memory where nothing can be written, says so once, and saves as soon as it can', async () => {
    await mkdir(join(folder, '..'), { recursive: true });
    await writeFile(folder, 'a file in the way of the folder');
    const store = await open();
    store.change({ theme: 'dark' });
    await store.flush();
    store.change({ theme: 'light' });
    await store.flush();
    expect(store.current.theme).toBe('light');
    expect(store.problems).toMatchObject([{ code: 'SETTINGS_NOT_SAVED' }]);
    expect(onProblem).toHaveBeenCalledOnce();
    await rm(folder);
    await store.flush();
    expect(store.problems).toEqual([]);
    expect((await onDisk()).theme).toBe('light');
  });

  it.skipIf(process.getuid?.() === 0)(
    'a read-only folder costs nothing but the saving [not as root]',
    async () => {
      await given({ theme: 'dark' });
      await chmod(folder, 0o500);
      const store = await open();
      store.change({ theme: 'light' });
      await store.flush();
      expect(store.problems).toMatchObject([{ code: 'SETTINGS_NOT_SAVED' }]);
      await chmod(folder, 0o700);
      expect((await onDisk()).theme).toBe('dark');
    },
  );
});
