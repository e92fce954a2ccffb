import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { forkEngine } from '../src/host/client/fork-engine.ts';
import { EngineSupervisor, type SupervisorEvent } from '../src/host/client/supervisor.ts';
import { useBuiltApp } from './fixtures/build-app.ts';

/** What `npm run build` makes, checked for what Electron's sandbox and the page's policy demand. */

const root = path.resolve(import.meta.dirname, '..');
const built = useBuiltApp();

describe('the built app', () => {
  it('has one preload file that imports nothing but electron', async () => {
    expect(await readdir(path.join(built(), 'preload'))).toEqual(['index.cjs']);
    const code = await readFile(path.join(built(), 'preload', 'index.cjs'), 'utf8');
    const required = [...code.matchAll(/require\(["'`]([^"'`]+)["'`]\)/g)].map((m) => m[1]);
    expect(new Set(required)).toEqual(new Set(['electron']));
    expect(code).not.toMatch(/^\s*import\s/m);
  });

  it('has a page with no inline script or style, and nothing from another host', async () => {
    const html = await readFile(path.join(built(), 'renderer', 'index.html'), 'utf8');
    expect(html).toMatch(/<script[^>]+src="\.?\/[^"]+\.js"/);
    expect(html.match(/<script(?![^>]*\ssrc=)/)).toBeNull();
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|https?:\/\//);
  });

  it('has a page whose code reaches neither Node nor Electron', async () => {
    const assets = path.join(built(), 'renderer', 'assets');
    const scripts = (await readdir(assets)).filter((file) => file.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) {
      const code = await readFile(path.join(assets, script), 'utf8');
      expect(code).not.toMatch(/from\s*["'](node:|electron|onnxruntime)|require\(["']/);
    }
  });

  it('has a page of at most 1 MB, compressed', async () => {
    const assets = path.join(built(), 'renderer', 'assets');
    const files = (await readdir(assets)).filter((file) => /\.(js|css)$/.test(file));
    const sizes = await Promise.all(
      files.map(async (file) => gzipSync(await readFile(path.join(assets, file))).length),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1e6);
  });

  it('has the main process where package.json says', async () => {
    const { main } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      main: string;
    };
    expect(path.normalize(main)).toBe(path.join('out', 'main', 'main', 'index.js'));
    const code = await readFile(path.join(built(), 'main', 'main', 'index.js'), 'utf8');
    expect(code).toContain('enableSandbox');
  });

  it('has an engine that runs in plain Node: worker, model and devices find what they need', async () => {
    const events: SupervisorEvent[] = [];
    const entry = pathToFileURL(path.join(built(), 'main', 'host', 'engine-main.js'));
    const supervisor = new EngineSupervisor({
      launch: () => forkEngine({ entry }),
      onEvent: (event) => events.push(event),
    });
    await supervisor.open({
      modelFolder: path.join(root, 'models', 'residua-v1'),
      provider: 'cpu',
      backend: 'fake',
      devices: {},
      controls: {},
    });
    await supervisor.start();
    await vi.waitFor(
      async () => {
        const { counters, inputLevel } = await supervisor.telemetry();
        expect(counters.hops).toBeGreaterThan(20);
        expect(inputLevel.rms).toBeGreaterThan(-60);
      },
      { timeout: 20_000, interval: 100 },
    );
    await supervisor.close();
    expect(events.filter(({ type }) => type.startsWith('engine-'))).toEqual([]);
  });

  it('has the device processes beside the code that starts them', async () => {
    const backends = path.join(built(), 'main', 'audio', 'backends');
    for (const file of [
      'portaudio/portaudio-process.mjs',
      'decibri/decibri-process.mjs',
      'process/serve.mjs',
      'process/lead.mjs',
      'process/pulse.conf',
    ]) {
      const source = path.join(root, 'src', 'audio', 'backends', file);
      expect(await readFile(path.join(backends, file))).toEqual(await readFile(source));
    }
  });
});
