import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'electron-vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What `npm run build` makes, checked for what Electron's sandbox and the page's policy demand. */

const root = path.resolve(import.meta.dirname, '..');
let out: string;

beforeAll(async () => {
  out = await mkdtemp(path.join(tmpdir(), 'residua-build-'));
  await build({ root, logLevel: 'error', build: { outDir: out, emptyOutDir: false } });
}, 120_000);

afterAll(() => rm(out, { recursive: true, force: true }));

describe('the built app', () => {
  it('has one preload file that imports nothing but electron', async () => {
    expect(await readdir(path.join(out, 'preload'))).toEqual(['index.cjs']);
    const code = await readFile(path.join(out, 'preload', 'index.cjs'), 'utf8');
    const required = [...code.matchAll(/require\(["'`]([^"'`]+)["'`]\)/g)].map((m) => m[1]);
    expect(new Set(required)).toEqual(new Set(['electron']));
    expect(code).not.toMatch(/^\s*import\s/m);
  });

  it('has a page with no inline script or style, and nothing from another host', async () => {
    const html = await readFile(path.join(out, 'renderer', 'index.html'), 'utf8');
    expect(html).toMatch(/<script[^>]+src="\.?\/[^"]+\.js"/);
    expect(html.match(/<script(?![^>]*\ssrc=)/)).toBeNull();
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|https?:\/\//);
  });

  it('has a page whose code reaches neither Node nor Electron', async () => {
    const assets = path.join(out, 'renderer', 'assets');
    const scripts = (await readdir(assets)).filter((file) => file.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) {
      const code = await readFile(path.join(assets, script), 'utf8');
      expect(code).not.toMatch(/from\s*["'](node:|electron|onnxruntime)|require\(["']/);
    }
  });

  it('has the main process where package.json says', async () => {
    const { main } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      main: string;
    };
    expect(path.normalize(main)).toBe(path.join('out', 'main', 'index.js'));
    const code = await readFile(path.join(out, 'main', 'index.js'), 'utf8');
    expect(code).toContain('enableSandbox');
  });
});
