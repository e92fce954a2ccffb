import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AppMessage, Welcome } from '../../src/ipc/app/app-protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../src/ipc/app/settings.ts';
import { fakeElectron, type FakeElectron } from '../fixtures/fake-electron.ts';

/**
 * The main process of the desktop app as a whole, with its core and a real engine process on simulated devices; only
 * Electron is a stand-in. One run from start to quit.
 */

let electron: FakeElectron;
let data: string;
let nextId = 1;
const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 30_000, interval: 50 });

beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'residua-main-'));
  const settings: Settings = {
    ...DEFAULT_SETTINGS,
    backend: 'fake',
    provider: 'cpu',
    theme: 'dark',
    shortcut: 'CommandOrControl+Shift+R',
    window: { x: 50, y: 60, width: 1000, height: 700, isMaximized: false },
  };
  await writeFile(path.join(data, 'settings.json'), JSON.stringify(settings));
  vi.stubEnv('RESIDUA_DATA', data);
  electron = fakeElectron(data);
  vi.doMock('electron', () => electron.module);
  await import('../../src/main/index.ts');
  await eventually(() => expect(electron.windows).toHaveLength(1));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(data, { recursive: true, force: true, maxRetries: 5 });
});

const contents = () => electron.windows[0]!.webContents;
const tray = () => electron.trays[0]!;
const messages = () => contents().sent as AppMessage[];

/** As the page's preload script does it. */
async function call(command: string, argument: unknown = null): Promise<unknown> {
  const id = nextId++;
  const senderFrame = { url: electron.windows[0]!.url, parent: null };
  electron.module.ipcMain.emit(
    'residua:request',
    { sender: contents(), senderFrame },
    { ipc: 1, id, command, argument },
  );
  const answer = await eventually(() => {
    const found = messages().find((message) => message.type !== 'event' && message.id === id);
    expect(found).toBeDefined();
    return found!;
  });
  if (answer.type !== 'done') throw new Error(JSON.stringify(answer));
  return answer.result;
}

describe('the main process', () => {
  it('prepares Electron before it is ready', () => {
    const { app, protocol, nativeTheme } = electron.module;
    expect(app.enableSandbox).toHaveBeenCalledOnce();
    expect(app.requestSingleInstanceLock).toHaveBeenCalledOnce();
    expect(protocol.registerSchemesAsPrivileged.mock.calls[0]![0]).toMatchObject([
      { scheme: 'residua', privileges: { standard: true, secure: true } },
    ]);
    expect(nativeTheme.themeSource).toBe('dark');
    expect([...electron.shortcuts.keys()]).toEqual(['CommandOrControl+Shift+R']);
  });

  it('opens the window where it was, with a page that can do nothing by itself', async () => {
    const { options, url } = electron.windows[0]!;
    expect(url).toBe('residua://app/index.html');
    expect(options).toMatchObject({
      ...{ x: 50, y: 60, width: 1000, height: 700 },
      webPreferences: { sandbox: true, contextIsolation: true, nodeIntegration: false },
    });
    const missing = await electron.schemes.get('residua')!(new Request('residua://app/../x.js'));
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(electron.windows[0]!.visible).toBe(true);
  });

  it("answers the page's hello with what this shell can do", async () => {
    const welcome = (await call('hello')) as Welcome;
    expect(welcome).toMatchObject({
      shell: 'electron',
      can: { filePaths: true, reveal: true, autostart: true, shortcut: true, tray: true },
      settings: { backend: 'fake' },
    });
  });

  it('shows in the tray that the voice is off, and on after the switch; the machine stays awake meanwhile', async () => {
    const { powerSaveBlocker } = electron.module;
    await eventually(() => expect(tray().tooltip).toBe('Residua: off'));
    expect(tray().image).toMatch(/tray-off\.png$/);
    tray().menu.find(({ label }) => label === 'Clean my voice')!.click!();
    await eventually(() => expect(tray().tooltip).toBe('Residua: on'));
    expect(tray().image).toMatch(/tray-on\.png$/);
    expect(powerSaveBlocker.start).toHaveBeenCalledOnce();
    await eventually(() => {
      const heard = messages().some((m) => m.type === 'event' && m.event.type === 'telemetry');
      expect(heard).toBe(true);
    });
  });

  it('switches by the global shortcut', async () => {
    const press = electron.shortcuts.get('CommandOrControl+Shift+R')!;
    press();
    await eventually(() => expect(tray().tooltip).toBe('Residua: off'));
    expect(electron.module.powerSaveBlocker.stop).toHaveBeenCalledWith(7);
    press();
    await eventually(() => expect(tray().tooltip).toBe('Residua: on'));
  });

  it('follows the settings: theme and shortcut', async () => {
    await call('settings.change', { theme: 'light', shortcut: null });
    expect(electron.module.nativeTheme.themeSource).toBe('light');
    await eventually(() => expect(electron.shortcuts.size).toBe(0));
  });

  it('hides into the tray, comes back from there and from a second start', () => {
    const [window] = electron.windows;
    const event = { preventDefault: vi.fn() };
    window!.emit('close', event);
    expect(event.preventDefault).toHaveBeenCalledOnce();
    expect(window!.visible).toBe(false);
    tray().menu.find(({ label }) => label === 'Show Residua')!.click!();
    expect(window!.visible).toBe(true);
    window!.hide();
    electron.module.app.emit('second-instance', {}, ['residua'], '/');
    expect(window!.visible).toBe(true);
    expect(electron.windows).toHaveLength(1);
  });

  it('takes a file that the system hands over into the queue', async () => {
    const file = path.join(data, 'missing.rsd');
    electron.module.app.emit('second-instance', {}, ['residua', 'missing.rsd'], data);
    await eventually(async () => {
      const jobs = (await call('jobs.list')) as { name: string }[];
      expect(jobs.map(({ name }) => name)).toEqual([path.basename(file)]);
    });
  });

  it('ends in order: the recording whole, the place of the window kept', async () => {
    await call('live.record');
    await eventually(() => expect(tray().tooltip).toBe('Residua: on, recording'));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const { app } = electron.module;
    tray().menu.find(({ label }) => label === 'Quit')!.click!();
    await eventually(() => expect(app.exit).toHaveBeenCalledExactlyOnceWith(0));
    const files = await readdir(path.join(data, 'recordings'), { recursive: true });
    expect(files.filter((file) => file.endsWith('.wav'))).toHaveLength(2);
    const kept = JSON.parse(await readFile(path.join(data, 'settings.json'), 'utf8')) as Settings;
    expect(kept.window).toEqual({ x: 11, y: 22, width: 900, height: 700, isMaximized: false });
    expect(tray().destroy).toHaveBeenCalled();
  });
});
