import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageFile } from '../shell/page-files.ts';
import { serveAppFile } from './app-protocol.ts';

let folder: string;

beforeAll(async () => {
  const base = await mkdtemp(path.join(tmpdir(), 'residua-protocol-'));
  folder = path.join(base, 'renderer');
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'index.html'), '<!doctype html>');
  await writeFile(path.join(folder, 'assets', 'a b.js'), 'export {};');
  await writeFile(path.join(base, 'secret.js'), 'secret');
  await mkdir(path.join(base, 'renderer-other'));
  await writeFile(path.join(base, 'renderer-other', 'x.js'), 'secret');
});

afterAll(() => rm(path.dirname(folder), { recursive: true, force: true }));

const get = (url: string) => serveAppFile(folder, { method: 'GET', url } as Request);

describe('serveAppFile', () => {
  it('serves the page and its files with their type and the security headers', async () => {
    const page = await get('residua://app/');
    expect(page.status).toBe(200);
    expect(await page.text()).toBe('<!doctype html>');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const script = await get('residua://app/assets/a%20b.js?v=1#top');
    expect(script.status).toBe(200);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it('sends a content security policy that allows neither inline code nor foreign hosts', async () => {
    const policy = (await get('residua://app/index.html')).headers.get('content-security-policy')!;
    const directives = new Map(
      policy.split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1)]),
    );
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(["'self'"]);
    expect(policy).not.toMatch(/unsafe-(inline|eval|hashes)|\*|https?:|wss?:/);
  });

  it('answers 404 for what is not there and 405 for anything but GET', async () => {
    expect((await get('residua://app/none.js')).status).toBe(404);
    expect((await get('residua://app/assets')).status).toBe(404);
    const post = { method: 'POST', url: 'residua://app/' } as Request;
    expect((await serveAppFile(folder, post)).status).toBe(405);
  });

  it.each([
    'residua://app/../secret.js',
    'residua://app/%2e%2e/secret.js',
    'residua://app/..%2fsecret.js',
    'residua://app/assets/..%2f..%2fsecret.js',
    'residua://app/..%5csecret.js',
    'residua://app/..%2frenderer-other%2fx.js',
    'residua://app/%00.js',
    'residua://app/%zz.js',
    'residua://other/index.html',
    'file:///etc/passwd',
    'not a url',
  ])('does not leave its folder for %s', async (url) => {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('secret');
  });
});

describe('pageFile', () => {
  it('serves only the types a page is made of', () => {
    expect(pageFile('/x', '/index.html')).toBe(path.join('/x', 'index.html'));
    expect(pageFile('/x', '/notes.txt')).toBeUndefined();
    expect(pageFile('/x', '/.env')).toBeUndefined();
  });
});
