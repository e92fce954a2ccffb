import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setAutostart, type AutostartOptions } from './autostart.ts';

let configFolder: string;
const app = { setLoginItemSettings: vi.fn() };
beforeEach(async () => {
  configFolder = await mkdtemp(path.join(tmpdir(), 'residua-autostart-'));
  app.setLoginItemSettings.mockReset();
});
afterEach(() => rm(configFolder, { recursive: true, force: true }));

const on = (platform: NodeJS.Platform, more: Partial<AutostartOptions> = {}): AutostartOptions => ({
  ...{ app, platform, program: '/opt/Residua/residua', args: ['--hidden'], configFolder },
  ...more,
});
const file = () => path.join(configFolder, 'autostart', 'residua.desktop');

describe('setAutostart', () => {
  it('on Linux is a file that desktops read, and no file', async () => {
    await setAutostart(true, on('linux'));
    const text = await readFile(file(), 'utf8');
    expect(text).toMatch(/^\[Desktop Entry\]\nType=Application\n/);
    expect(text).toContain('\nExec="/opt/Residua/residua" "--hidden"\n');
    await setAutostart(false, on('linux'));
    await setAutostart(false, on('linux'));
    await expect(readFile(file())).rejects.toMatchObject({ code: 'ENOENT' });
    expect(app.setLoginItemSettings).not.toHaveBeenCalled();
  });

  it('quotes what has a meaning in that file', async () => {
    await setAutostart(true, on('linux', { program: '/a b/$x`"100%\\' }));
    const text = await readFile(file(), 'utf8');
    // `"`, `` ` ``, `$` and `\` are escaped, every backslash twice, and a percent sign doubled.
    expect(text).toContain('Exec="/a b/\\\\$x\\\\`\\\\"100%%\\\\\\\\" "--hidden"\n');
  });

  it.each<NodeJS.Platform>(['darwin', 'win32'])('on %s asks the system', async (platform) => {
    await setAutostart(true, on(platform));
    expect(app.setLoginItemSettings).toHaveBeenCalledExactlyOnceWith({
      openAtLogin: true,
      path: '/opt/Residua/residua',
      args: ['--hidden'],
    });
  });

  it('says why it cannot', async () => {
    await writeFile(path.join(configFolder, 'autostart'), 'a file');
    await expect(setAutostart(true, on('linux'))).rejects.toMatchObject({
      code: 'AUTOSTART_FAILED',
      hint: expect.stringContaining(configFolder),
    });
  });
});
