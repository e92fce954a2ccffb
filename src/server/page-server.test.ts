import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppEvent, AppMessage } from '../ipc/app/app-protocol.ts';
import { closeCodes, MAX_FRAME_BYTES, tokenPattern } from '../ipc/app/browser.ts';
import { PageClient, type Handshake } from '../../test/fixtures/page-client.ts';
import { startPageServer, type PageServer } from './page-server.ts';

let base: string;
let server: PageServer;
let pages: number[];
const clients: PageClient[] = [];

/** A core that echoes, holds requests back on demand, and tells what it was asked. */
const core = {
  asked: [] as unknown[],
  listeners: new Set<(event: AppEvent) => void>(),
  handle: vi.fn<(request: unknown) => Promise<AppMessage>>(),
  onEvent(listener: (event: AppEvent) => void) {
    core.listeners.add(listener);
    return () => void core.listeners.delete(listener);
  },
  emit(event: unknown) {
    for (const listener of core.listeners) listener(event as AppEvent);
  },
};
const echo = (request: unknown): Promise<AppMessage> => {
  core.asked.push(request);
  const { id = 0, argument } = Object(request) as { id?: number; argument?: unknown };
  return Promise.resolve({ ipc: 1, type: 'done', id, result: argument });
};

beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'residua-page-'));
  await mkdir(path.join(base, 'renderer', 'assets'), { recursive: true });
  await writeFile(path.join(base, 'renderer', 'index.html'), '<!doctype html>');
  await writeFile(path.join(base, 'renderer', 'assets', 'a.js'), 'export {};');
  await writeFile(path.join(base, 'secret.js'), 'secret');
});
afterAll(() => rm(base, { recursive: true, force: true }));

beforeEach(async () => {
  core.asked = [];
  core.handle.mockReset().mockImplementation(echo);
  const counts: number[] = (pages = []); // pages of an earlier test may end late
  server = await startPageServer({
    core,
    page: path.join(base, 'renderer'),
    onPages: (count) => counts.push(count),
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate();
  await server.close();
});

/** However busy the machine is. */
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 30_000 });

async function open(handshake?: Handshake): Promise<PageClient> {
  const client = await PageClient.open(server.url, handshake);
  clients.push(client);
  return client;
}

async function fetchPage(target: string, headers: Record<string, string> = {}) {
  const request = get({ host: '127.0.0.1', port: server.port, path: target, headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

describe('the page', () => {
  it('is served without a token, with a policy that lets it reach nothing but its own socket', async () => {
    const page = await fetchPage('/');
    expect(page).toMatchObject({ status: 200, body: '<!doctype html>' });
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    const policy = page.headers['content-security-policy'] as string;
    const { port } = server;
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port};`);
    expect(policy).toMatch(/default-src 'none'.*script-src 'self';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe-|\*|https?:/);
    expect((await fetchPage('/assets/a.js?v=1')).body).toBe('export {};');
  });

  it.each([
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/assets/..%2f..%2fsecret.js',
    '/..%5csecret.js',
    '//etc/passwd',
    '/assets/',
    '/none.js',
    '/%00.js',
    '/%zz',
  ])('gives nothing outside its folder: %s', async (target) => {
    const { status, body } = await fetchPage(target);
    expect(status).toBe(404);
    expect(body).not.toContain('secret');
  });

  it.each([
    ['another host', '/', { host: 'evil.example' }],
    ['a name that resolves here', '/', { host: 'residua.evil.example:80' }],
    ['another port', '/', { host: '127.0.0.1:1' }],
    ['a foreign page', '/', { origin: 'https://evil.example' }],
    ['an opaque page', '/', { origin: 'null' }],
    ['a wrong token', '/?token=wrong', {}],
    ['a whole address as target', 'http://evil.example/', {}],
  ])('is refused to %s', async (_name, target, headers) => {
    expect(await fetchPage(target, headers)).toMatchObject({ status: 403, body: 'Forbidden' });
  });

  it('is served by the name localhost too, and read only', async () => {
    expect((await fetchPage('/', { host: `localhost:${server.port}` })).status).toBe(200);
    const response = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST' });
    expect(response.status).toBe(405);
  });

  it('listens on the loopback address alone', async () => {
    const socket = connect({ host: '127.0.0.2', port: server.port });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});

describe('the socket', () => {
  it('carries requests, answers and bytes', async () => {
    const client = await open();
    const argument = { bytes: new Uint8Array([1, 2, 255]), text: 'ü' };
    expect(await client.call('upload.piece', argument)).toEqual(argument);
    expect(core.asked).toMatchObject([{ ipc: 1, command: 'upload.piece', argument }]);
  });

  it.each<[string, Handshake]>([
    ['no token', { path: '/socket' }],
    ['an empty token', { path: '/socket?token=' }],
    ['a wrong token', { path: `/socket?token=${'A'.repeat(43)}` }],
    ['another path', { path: '/other' }],
    ['a foreign page', { origin: 'https://evil.example' }],
    ['no page at all', { origin: undefined }],
    ['an opaque page', { origin: 'null' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['a name that resolves here', { host: 'evil.example' }],
  ])('is refused to %s with 403', async (_name, handshake) => {
    await expect(open(handshake)).rejects.toThrow('refused with 403');
    expect(pages).toEqual([]);
  });

  it('has a token of 256 bits, another one each time', async () => {
    const other = await startPageServer({ core, page: base });
    const tokens = [server, other].map(({ url }) => new URL(url).hash.replace('#token=', ''));
    await other.close();
    expect(tokens.every((token) => tokenPattern.test(token))).toBe(true);
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  it('the right token does not help a foreign page, nor a page of localhost on 127.0.0.1', async () => {
    await expect(open({ origin: 'http://evil.example' })).rejects.toThrow('403');
    await expect(open({ origin: `http://localhost:${server.port}` })).rejects.toThrow('403');
    const host = `localhost:${server.port}`;
    await expect(open({ host, origin: `http://${host}` })).resolves.toBeInstanceOf(PageClient);
  });

  it('belongs to the newest page; the one before is told and gets nothing more', async () => {
    const first = await open();
    await first.call('hello');
    const second = await open();
    await second.call('hello');
    expect(await first.closed).toMatchObject({ code: closeCodes.superseded });
    expect(first.messages.at(-1)).toMatchObject({ type: 'event', event: { type: 'superseded' } });
    core.emit({ type: 'library' });
    await second.event('library');
    expect(first.messages.filter((m) => m.type === 'event')).toHaveLength(1);
    expect(core.listeners.size).toBe(1);
    second.close();
    await eventually(() => expect(pages).toEqual([1, 1, 0]));
  });

  it('tells events from the answer to hello on, and none of before it', async () => {
    const client = await open();
    core.emit({ type: 'job-removed', id: 'before' });
    let answer!: (message: AppMessage) => void;
    core.handle.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    const id = client.request('hello');
    await eventually(() => expect(core.handle).toHaveBeenCalledOnce());
    core.emit({ type: 'job-removed', id: 'meanwhile' });
    answer({ ipc: 1, type: 'done', id, result: 'welcome' });
    await client.event('job-removed', (event) => event.id === 'meanwhile');
    core.emit({ type: 'job-removed', id: 'after' });
    await client.event('job-removed', (event) => event.id === 'after');
    expect(client.messages).toMatchObject([
      { type: 'done', result: 'welcome' },
      { event: { id: 'meanwhile' } },
      { event: { id: 'after' } },
    ]);
  });

  it('passes on requests of any shape, which the core refuses', async () => {
    const client = await open();
    for (const message of [null, 7, 'x', [], {}, { id: 1 }]) client.send(message);
    await eventually(() => expect(core.handle).toHaveBeenCalledTimes(6));
    expect(core.handle.mock.calls.map(([request]) => request)).toEqual([
      null,
      7,
      'x',
      [],
      {},
      { id: 1 },
    ]);
  });
});

describe('a core that fails', () => {
  it('is an answer too, and the next request goes on', async () => {
    core.handle.mockRejectedValueOnce(new Error('broken'));
    const client = await open();
    await expect(client.call('hello')).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await client.call('hello')).toBeNull();
  });
});

describe('a page that misbehaves', () => {
  it('by sending too much at once is told so and cut off; the core sees only what is within the limit', async () => {
    const client = await open();
    for (let i = 0; i < 5000; i++) client.request('settings.change');
    expect(await client.closed).toMatchObject({ code: closeCodes.flood });
    expect(client.messages.at(-1)).toMatchObject({
      type: 'failed',
      problem: { code: 'IPC_FLOOD' },
    });
    expect(core.asked.length).toBeLessThan(4500);
  });

  it('by sending bytes that are no message is told so and cut off', async () => {
    const client = await open();
    client.socket.send(new Uint8Array([0xc1, 1, 2]));
    expect(await client.closed).toMatchObject({ code: closeCodes.malformed });
    expect(client.messages).toMatchObject([{ type: 'failed', problem: { code: 'IPC_INVALID' } }]);
    expect(core.handle).not.toHaveBeenCalled();
  });

  it('by sending text is cut off', async () => {
    const client = await open();
    client.socket.send('{"id":1}');
    expect(await client.closed).toMatchObject({ code: closeCodes.malformed });
  });

  it('by sending a frame that is too long is cut off before the frame is kept', async () => {
    const client = await open();
    client.socket.on('error', () => undefined);
    client.socket.send(new Uint8Array(MAX_FRAME_BYTES + 1));
    expect(await client.closed).toMatchObject({ code: 1009 });
    expect(core.handle).not.toHaveBeenCalled();
  });

  it('by asking without end is not read any further until it has its answers', async () => {
    const answers: (() => void)[] = [];
    core.handle.mockImplementation(
      (request) => new Promise((resolve) => answers.push(() => resolve(echo(request) as never))),
    );
    const client = await open();
    for (let i = 0; i < 1000; i++) client.request('upload.piece', new Uint8Array(20_000));
    await eventually(() => expect(answers.length).toBeGreaterThanOrEqual(128));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const unread = 1000 - answers.length;
    expect(unread).toBeGreaterThan(800);
    core.handle.mockImplementation(echo);
    for (const answer of answers) answer();
    await eventually(() => expect(client.messages).toHaveLength(1000));
  });

  it('by not reading loses telemetry and nothing else', async () => {
    const client = await open();
    await client.call('hello');
    client.socket.pause();
    const telemetry = { type: 'telemetry', telemetry: { filler: 'x'.repeat(100_000) } };
    for (let i = 0; i < 200; i++) core.emit(telemetry);
    for (let i = 0; i < 50; i++) core.emit({ type: 'job-removed', id: `j${i}` });
    client.socket.resume();
    await client.event('job-removed', (event) => event.id === 'j49');
    const types = client.messages.flatMap((m) => (m.type === 'event' ? [m.event.type] : []));
    expect(types.filter((type) => type === 'job-removed')).toHaveLength(50);
    expect(types.filter((type) => type === 'telemetry').length).toBeLessThan(150);
  });
});

describe('closing', () => {
  it('says farewell to the page and frees the port', async () => {
    const client = await open();
    await server.close();
    expect(await client.closed).toMatchObject({ code: closeCodes.ended });
    expect(core.listeners.size).toBe(0);
    server = await startPageServer({ core, page: base, port: server.port });
  });

  it('does not wait for a page that says nothing', async () => {
    const client = await open();
    client.socket.pause();
    await server.close();
    server = await startPageServer({ core, page: base });
  });

  it('a taken port is said by number', async () => {
    await expect(startPageServer({ core, page: base, port: server.port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(String(server.port)),
    });
  });
});
