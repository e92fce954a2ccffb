import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appFolders } from './folders.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'residua-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const on = (platform: NodeJS.Platform, env: Record<string, string> = {}) =>
  appFolders({ platform, env, home });

describe('appFolders', () => {
  it.each<[NodeJS.Platform, Record<string, string>, string]>([
    ['linux', {}, '.config/Residua'],
    ['darwin', {}, 'Library/Application Support/Residua'],
    ['win32', {}, 'AppData/Roaming/Residua'],
  ])('on %s', (platform, env, data) => {
    expect(on(platform, env)).toEqual({
      data: path.join(home, data),
      recordings: path.join(home, 'Music', 'Residua'),
    });
  });

  it('follows XDG, and only an absolute path', () => {
    expect(on('linux', { XDG_CONFIG_HOME: '/c' }).data).toBe('/c/Residua');
    expect(on('linux', { XDG_CONFIG_HOME: 'c' }).data).toBe(path.join(home, '.config/Residua'));
  });

  it("finds the person's music folder by its name in their language", async () => {
    await mkdir(path.join(home, '.config'));
    const file = path.join(home, '.config', 'user-dirs.dirs');
    await writeFile(file, '# comment\nXDG_DESKTOP_DIR="$HOME/x"\nXDG_MUSIC_DIR="$HOME/Musik"\n');
    expect(on('linux').recordings).toBe(path.join(home, 'Musik', 'Residua'));
    await writeFile(file, 'XDG_MUSIC_DIR="relative"\n');
    expect(on('linux').recordings).toBe(path.join(home, 'Music', 'Residua'));
  });

  it('can be put elsewhere as a whole', () => {
    const folders = on('linux', { RESIDUA_DATA: '/elsewhere' });
    expect(folders).toEqual({ data: '/elsewhere', recordings: '/elsewhere/recordings' });
  });
});
