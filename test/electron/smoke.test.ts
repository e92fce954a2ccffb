import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, needsBuild } from '../../scripts/app/build-if-needed.ts';
import { findElectron, whyNoWindow } from '../../scripts/app/electron-binary.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../src/ipc/app/settings.ts';

/** The built app in Electron itself, on simulated devices: start, live, switch, record, quit. */

const root = path.resolve(import.meta.dirname, '../..');
const electron = findElectron({ root, env: process.env });
const isPossible =
  'found' in electron &&
  whyNoWindow({ platform: process.platform, env: process.env, uid: process.getuid?.() }) ===
    undefined;

describe.runIf(isPossible)("the desktop app [needs Electron's program and a screen]", () => {
  let data: string;
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    if (needsBuild(root)) build(root);
    data = await mkdtemp(path.join(tmpdir(), 'residua-electron-'));
    const settings: Settings = {
      ...DEFAULT_SETTINGS,
      backend: 'fake',
      provider: 'cpu',
      isGuideDone: true,
    };
    await writeFile(path.join(data, 'settings.json'), JSON.stringify(settings));
    app = await _electron.launch({
      executablePath: (electron as { found: string }).found,
      args: [root],
      env: { ...(process.env as Record<string, string>), RESIDUA_DATA: data },
    });
    page = await app.firstWindow();
  }, 180_000);
  afterAll(async () => {
    await app?.close().catch(() => undefined);
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  });

  const power = () => page.getByRole('switch', { name: 'Clean my voice' });

  it('shows its page, isolated and without Node', async () => {
    await power().waitFor();
    expect(page.url()).toMatch(/^residua:\/\/app\//);
    const seen = await page.evaluate(() => ({
      require: typeof (globalThis as Record<string, unknown>)['require'],
      process: typeof (globalThis as Record<string, unknown>)['process'],
      bridge: Object.keys((globalThis as unknown as { residua: object }).residua).sort(),
    }));
    expect(seen).toEqual({
      require: 'undefined',
      process: 'undefined',
      bridge: ['onMessage', 'pathOf', 'send'],
    });
  });

  it('stays on its page and opens no other', async () => {
    await page.evaluate(() => {
      const { window } = globalThis as unknown as { window: { open(url: string): unknown } };
      window.open('https://example.org/');
    });
    expect(app.windows()).toHaveLength(1);
    await page.evaluate(() => {
      (globalThis as unknown as { location: { href: string } }).location.href =
        'https://example.org/';
    });
    await power().waitFor();
    expect(page.url()).toMatch(/^residua:\/\/app\//);
  });

  it('cleans, switches, records and stops', async () => {
    await power().click();
    await page.getByText('Your voice is being cleaned.').waitFor();
    const quantizers = page.getByRole('radiogroup', { name: 'Quantizer' }).getByRole('radio');
    await quantizers.nth(1).click();
    await expect.poll(() => quantizers.nth(1).isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await expect
      .poll(async () => (await readdir(path.join(data, 'recordings')).catch(() => [])).length)
      .toBeGreaterThan(0);
    await page.waitForTimeout(1500);
    await page.getByRole('button', { name: /^Stop/ }).click();
    await power().click();
    await page.getByText('The microphone is released. Press to start.').waitFor();
  });

  it('hides into the tray when it is closed, and ends in order when it quits', async () => {
    const isVisible = () =>
      app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible());
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());
    await expect.poll(isVisible).toBe(false);
    const ended = new Promise<void>((resolve) => app.process().once('exit', () => resolve()));
    await app.evaluate(({ app: main }) => main.quit());
    await ended;
    expect(app.process().exitCode).toBe(0);
    const files = await readdir(path.join(data, 'recordings'), { recursive: true });
    expect(files.filter((file) => file.endsWith('.wav')).length).toBe(2);
  });
});
