import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { devPage } from '../../scripts/app/dev-page.ts';
import { startPageServer, type PageServer } from '../../src/server/page-server.ts';
import { PageClient } from '../fixtures/page-client.ts';

/** What `npm run dev` serves: the page from its sources, behind the same guard. */

let server: PageServer;
let base: string;
beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'residua-dev-'));
  server = await startPageServer({
    core: {
      handle: () => Promise.resolve({ ipc: 1, type: 'done', id: 1, result: 'here' }),
      onEvent: () => () => undefined,
    },
    page: devPage,
  });
});
afterAll(async () => {
  await server.close();
  await rm(base, { recursive: true, force: true });
});

const origin = () => `http://127.0.0.1:${server.port}`;

/** vite's own socket for hot reload. */
async function reload(headers: Record<string, string>): Promise<string> {
  const client = await (await fetch(`${origin()}/@vite/client`)).text();
  const token = /wsToken = "([^"]+)"/.exec(client)?.[1];
  expect(token).toBeDefined();
  const socket = new WebSocket(`${origin().replace('http', 'ws')}/?token=${token}`, 'vite-hmr', {
    headers,
  });
  return new Promise((resolve) => {
    socket.once('message', (data) => {
      resolve(String(data));
      socket.close();
    });
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(`${statusCode}`));
    socket.once('error', (error) => resolve(error.message));
  });
}

describe('the page in development', () => {
  it('comes from its sources, with a policy that still lets nothing in from elsewhere', async () => {
    const page = await fetch(`${origin()}/`);
    expect(await page.text()).toContain('/@vite/client');
    const script = await fetch(`${origin()}/main.tsx`);
    expect(script.headers.get('content-type')).toContain('javascript');
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https:|unsafe-eval/);
  });

  it('has the app behind its own socket, and reloads through the other', async () => {
    const client = await PageClient.open(server.url);
    expect(await client.call('hello')).toBe('here');
    client.close();
    expect(JSON.parse(await reload({ origin: origin() }))).toEqual({ type: 'connected' });
  });

  it('is closed to others all the same', async () => {
    expect(await reload({ origin: 'https://evil.example' })).toBe('403');
    const foreign = await fetch(`${origin()}/main.tsx`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign.status).toBe(403);
    await expect(PageClient.open(server.url, { path: '/socket?token=x' })).rejects.toThrow('403');
  });
});
