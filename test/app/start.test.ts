import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsBuild } from '../../scripts/app/build-if-needed.ts';
import { findElectron, whyNoWindow } from '../../scripts/app/electron-binary.ts';
import { canDownloadElectron } from '../../scripts/app/electron-download.ts';
import { runElectron } from '../../scripts/app/run-electron.ts';

/** What `npm start`, `npm run dev` and `npm run dist` decide before they do anything. */

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'residua-start-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(file: string, text = '', minute = 0): Promise<void> {
  const full = path.join(root, file);
  await mkdir(path.dirname(full), { recursive: true });
  await writeFile(full, text);
  const time = new Date(Date.UTC(2024, 0, 1, 0, minute));
  await utimes(full, time, time);
}

describe('findElectron', () => {
  const find = (env: Record<string, string> = {}) => findElectron({ root, env });
  const folder = 'node_modules/electron';

  it('says when the package is not there', () => {
    expect(find()).toEqual({ missing: expect.stringContaining('not installed') });
  });

  it('says how to get the program, and does not fetch it', async () => {
    await write(`${folder}/package.json`, '{}');
    await write(`${folder}/index.js`, 'throw new Error("it would download")');
    const missing = { missing: expect.stringContaining('install-electron') };
    expect(find()).toEqual(missing);
    await write(`${folder}/path.txt`, 'electron');
    expect(find()).toEqual(missing);
  });

  it('finds it where the package unpacks it', async () => {
    await write(`${folder}/package.json`, '{}');
    await write(`${folder}/path.txt`, 'Electron.app/Contents/MacOS/Electron\n');
    await write(`${folder}/dist/Electron.app/Contents/MacOS/Electron`);
    expect(find()).toEqual({
      found: path.join(root, folder, 'dist/Electron.app/Contents/MacOS/Electron'),
    });
  });

  it('finds it where ELECTRON_OVERRIDE_DIST_PATH says, or says that it is not there', async () => {
    await write(`${folder}/package.json`, '{}');
    const env = { ELECTRON_OVERRIDE_DIST_PATH: path.join(root, 'own') };
    expect(find(env)).toEqual({ missing: expect.stringContaining(path.join(root, 'own')) });
    await write('own/electron');
    expect(find(env)).toEqual({ found: path.join(root, 'own/electron') });
  });
});

describe('whyNoWindow', () => {
  it('names what is missing on Linux alone', () => {
    const screen = { DISPLAY: ':0' };
    expect(whyNoWindow({ platform: 'linux', env: {}, uid: 1000 })).toContain('no screen');
    expect(whyNoWindow({ platform: 'linux', env: screen, uid: 0 })).toContain('root');
    expect(whyNoWindow({ platform: 'linux', env: screen, uid: 1000 })).toBeUndefined();
    expect(
      whyNoWindow({ platform: 'linux', env: { WAYLAND_DISPLAY: 'w' }, uid: 1 }),
    ).toBeUndefined();
    expect(whyNoWindow({ platform: 'darwin', env: {} })).toBeUndefined();
    expect(whyNoWindow({ platform: 'win32', env: {} })).toBeUndefined();
  });
});

describe('needsBuild', () => {
  const built = ['out/renderer/index.html', 'out/main/main/index.js', 'out/preload/index.cjs'];

  it('is so until everything is built, and again when a source is newer', async () => {
    await write('src/main/index.ts', '', 1);
    expect(needsBuild(root)).toBe(true);
    await write(built[0]!, '', 5);
    await write(built[1]!, '', 5);
    expect(needsBuild(root)).toBe(true);
    await write(built[2]!, '', 5);
    expect(needsBuild(root)).toBe(false);
    await write('src/main/index.test.ts', '', 9);
    expect(needsBuild(root)).toBe(false);
    await write('src/renderer/deep/down/style.css', '', 6);
    expect(needsBuild(root)).toBe(true);
  });
});

describe('canDownloadElectron', () => {
  let server: Server;
  let status: number;
  let asked: string[];
  beforeEach(async () => {
    asked = [];
    server = createServer(({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.close();
  });
  const linux = { platform: 'linux', arch: 'x64' };
  const env = () => ({
    ELECTRON_MIRROR: `http://127.0.0.1:${(server.address() as AddressInfo).port}/e`,
    electron_config_cache: path.join(root, 'cache'),
  });

  it('asks where it would be fetched from', async () => {
    status = 200;
    const answer = await canDownloadElectron('45.4.1', env(), linux);
    expect(answer).toEqual({
      found: expect.stringContaining('/e/v45.4.1/electron-v45.4.1-linux-x64.zip'),
    });
    expect(asked).toEqual(['HEAD /e/v45.4.1/electron-v45.4.1-linux-x64.zip']);
  });

  it('says what stands in the way', async () => {
    status = 404;
    expect(await canDownloadElectron('45.4.1', env(), linux)).toEqual({
      missing: expect.stringContaining('answers 404'),
    });
    const unreachable = { ...env(), ELECTRON_MIRROR: 'http://127.0.0.1:9/' };
    const refused = await canDownloadElectron('45.4.1', unreachable, linux);
    expect(refused).toEqual({ missing: expect.stringMatching(/127\.0\.0\.1:9\/.+: .+/) });
  });

  it('is content with a download of before', async () => {
    await write('cache/0f3c/electron-v45.4.1-linux-x64.zip');
    expect(await canDownloadElectron('45.4.1', env(), linux)).toEqual({
      found: path.join(root, 'cache/0f3c/electron-v45.4.1-linux-x64.zip'),
    });
    expect(asked).toEqual([]);
  });
});

describe('runElectron', () => {
  it('tells a start that failed from a window that was closed', async () => {
    const { execPath } = process;
    expect(await runElectron(execPath, ['-e', '0'])).toBe('ended');
    expect(await runElectron(execPath, ['-e', 'process.exit(3)'])).toEqual({
      failed: 'it ended with status 3',
    });
    expect(await runElectron(execPath, ['-e', 'process.kill(process.pid, "SIGABRT")'])).toEqual({
      failed: 'it was ended by SIGABRT',
    });
    const missing = await runElectron(path.join(root, 'none'), []);
    expect(missing).toEqual({ failed: expect.stringContaining('ENOENT') });
  });
});
