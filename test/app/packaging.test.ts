import { spawnSync } from 'node:child_process';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { listPackage } from '@electron/asar';
import { getConfig, validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { DebugLogger } from 'builder-util';
import { build, Platform, type Configuration } from 'electron-builder';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeRunpathRelative } from '../../scripts/packaging/after-pack.mjs';
import { WorkPool } from '../../src/app/work/pool.ts';
import { forkEngine } from '../../src/host/client/fork-engine.ts';
import { EngineSupervisor } from '../../src/host/client/supervisor.ts';
import { useBuiltApp } from '../fixtures/build-app.ts';

/**
 * What `npm run dist` packs, with a stand-in for Electron's program: everything but the program itself is what
 * people get.
 */

const root = path.resolve(import.meta.dirname, '../..');
const built = useBuiltApp();
let base: string;
let config: Configuration;
let app: string;

beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'residua-dist-'));
  config = await getConfig(root, 'electron-builder.yml', null);
  const electron = path.join(base, 'electron');
  await mkdir(path.join(electron, 'locales'), { recursive: true });
  for (const file of ['electron', 'LICENSE', 'LICENSES.chromium.html', 'version']) {
    await writeFile(path.join(electron, file), '#!/bin/sh\n');
  }
  await chmod(path.join(electron, 'electron'), 0o755);
  // The checkout with what was just built in the place of its out/.
  const project = path.join(base, 'project');
  await mkdir(project);
  const same = [
    'package.json',
    'package-lock.json',
    'stubs',
    'electron-builder.yml',
    'models',
    'resources',
    'scripts',
  ];
  for (const name of same) await symlink(path.join(root, name), path.join(project, name));
  await copyPackages(path.join(project, 'node_modules'));
  await cp(built(), path.join(project, 'out'), { recursive: true });
  await build({
    targets: Platform.LINUX.createTarget('dir'),
    projectDir: project,
    publish: 'never',
    config: { electronDist: electron, directories: { output: path.join(base, 'dist') } },
  });
  app = path.join(
    base,
    'dist',
    (await readdir(path.join(base, 'dist'))).find((name) => name.startsWith('linux-'))!,
  );
}, 300_000);
afterAll(() => rm(base, { recursive: true, force: true }));

/** Folders of their own, as npm looks for packages: it takes what lies behind a link for another project's. */
async function copyPackages(to: string): Promise<void> {
  const from = path.join(root, 'node_modules');
  const { status } = spawnSync('cp', ['-al', from, to], { stdio: 'ignore' });
  // Links do not reach another disk.
  if (status !== 0) {
    await rm(to, { recursive: true, force: true });
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
  }
}

const inApp = (...parts: string[]): string => path.join(app, 'resources', ...parts);
const unpacked = (...parts: string[]): string => inApp('app.asar.unpacked', ...parts);
const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

describe('the configuration', () => {
  it("is valid by electron-builder's own schema", async () => {
    await expect(validateConfiguration(config, new DebugLogger(false))).resolves.not.toThrow();
    const wrong = { ...config, asarUnpacked: [] } as Configuration;
    await expect(validateConfiguration(wrong, new DebugLogger(false))).rejects.toThrow(
      /asarUnpacked/,
    );
  });

  it('has the packages, rights and words that each system wants', () => {
    expect(config).toMatchObject({
      linux: { target: ['AppImage', 'deb'] },
      mac: {
        target: [{ target: 'dmg' }],
        extendInfo: { NSMicrophoneUsageDescription: expect.stringMatching(/microphone/) },
      },
      win: { target: ['nsis'] },
      deb: {
        depends: expect.arrayContaining(['libasound2 | libasound2t64']),
        recommends: expect.arrayContaining(['pulseaudio-utils']),
      },
    });
  });

  it('names only files that are there', async () => {
    const { mac, win, linux, afterPack } = config;
    const named = [mac!.entitlements, mac!.icon, win!.icon, linux!.icon, afterPack] as string[];
    for (const file of [...named, 'resources/packaging/rsd.ico', 'resources/packaging/rsd.icns']) {
      expect(await isThere(path.join(root, file)), file).toBe(true);
    }
    const entitlements = await readFile(path.join(root, mac!.entitlements as string), 'utf8');
    expect(entitlements).toContain('com.apple.security.device.audio-input');
  });
});

describe('the packed app', () => {
  it('has the page in the archive, and native code, device processes and models outside', async () => {
    const archive = listPackage(inApp('app.asar'), { isPack: false });
    const main = (
      JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { main: string }
    ).main;
    for (const file of [main, 'out/renderer/index.html', 'out/preload/index.cjs', 'package.json']) {
      expect(archive).toContain(path.join('/', file));
    }
    for (const file of [
      'out/main/host/engine-main.js',
      'out/main/host/codec-worker.js',
      'out/main/app/work/work-main.js',
      'out/main/audio/backends/portaudio/portaudio-process.mjs',
      'out/main/audio/backends/process/pulse.conf',
    ]) {
      expect(await isThere(unpacked(file)), file).toBe(true);
    }
    for (const file of [
      'models/residua-v1/manifest.json',
      'resources/demo/demo.json',
      'resources/icons/tray-on.png',
    ]) {
      expect(await isThere(inApp(file)), file).toBe(true);
    }
  });

  it('holds neither sources nor tests, tools or the runtime of other systems', async () => {
    const archive = listPackage(inApp('app.asar'), { isPack: false });
    const folders = new Set(archive.map((file) => file.split(path.sep)[1]));
    expect([...folders].sort()).toEqual(['node_modules', 'out', 'package.json']);
    const packages = await readdir(unpacked('node_modules'));
    for (const tool of ['@tensorflow', 'tsx', 'esbuild', 'electron', 'vite', 'react']) {
      expect(packages).not.toContain(tool);
    }
    const runtime = unpacked('node_modules/onnxruntime-node/bin/napi-v6');
    expect(await readdir(runtime)).toEqual([process.platform]);
    expect(await readdir(path.join(runtime, process.platform))).toEqual([process.arch]);
  });

  it('has an engine that runs from where it was unpacked, with nothing of the checkout', async () => {
    // Elsewhere, so that no package of the checkout is found on the way up.
    const supervisor = new EngineSupervisor({
      launch: () => forkEngine({ entry: pathToFileURL(unpacked('out/main/host/engine-main.js')) }),
    });
    await supervisor.open({
      modelFolder: inApp('models', 'residua-v1'),
      provider: 'cpu',
      backend: 'fake',
      devices: {},
      controls: {},
    });
    await supervisor.start();
    await vi.waitFor(
      async () => expect((await supervisor.telemetry()).counters.hops).toBeGreaterThan(20),
      { timeout: 20_000, interval: 100 },
    );
    await supervisor.close();
  });
});

it('the packed worker processes read and write every kind of file', async () => {
  const pool = new WorkPool({ entry: pathToFileURL(unpacked('out/main/app/work/work-main.js')) });
  const input = path.join(base, 'noisy.flac');
  await cp(path.join(root, 'test/fixtures/audio/mono-16k.flac'), input);
  try {
    const cleaned = await pool.run('clean', {
      modelFolder: inApp('models', 'residua-v1'),
      ...{ quantizer: null, codebooks: null, provider: 'cpu', input, mix: 1 },
      output: { folder: base, stem: 'noisy', temporary: path.join(base, 'noisy.part') },
    });
    expect(cleaned.seconds).toBeGreaterThan(0);
    expect(await isThere(cleaned.output)).toBe(true);
    const flac = path.join(base, 'clean.flac');
    await pool.run('flac', { input: cleaned.output, output: { path: flac } });
    expect((await readFile(flac)).toString('latin1', 0, 4)).toBe('fLaC');
  } finally {
    await pool.close();
  }
});

const naudiodon = path.join(root, 'node_modules/naudiodon/build/Release');
const hasNaudiodon =
  process.platform === 'linux' && (await isThere(path.join(naudiodon, 'naudiodon.node')));

describe.runIf(hasNaudiodon)("PortAudio's library [needs naudiodon on Linux]", () => {
  it('is looked for beside the binary, wherever that lies', async () => {
    const file = unpacked('node_modules/naudiodon/build/Release/naudiodon.node');
    const text = (await readFile(file)).toString('latin1');
    expect(text).toContain('\0$ORIGIN\0');
    expect(text).not.toContain(naudiodon);
  });

  it('changes once, and refuses a file that it does not know', async () => {
    const copy = path.join(base, 'naudiodon.node');
    await cp(unpacked('node_modules/naudiodon/build/Release/naudiodon.node'), copy);
    const before = await readFile(copy);
    await makeRunpathRelative(copy);
    expect(await readFile(copy)).toEqual(before);
    await writeFile(copy, 'something else');
    await expect(makeRunpathRelative(copy)).rejects.toThrow('no run path');
  });
});
