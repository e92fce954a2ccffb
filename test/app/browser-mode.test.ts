import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openAudio } from '../../src/audio/open-audio.ts';
import type { Welcome } from '../../src/ipc/app/app-protocol.ts';
import { BrowserModeProcess } from '../fixtures/browser-mode.ts';
import { PageClient } from '../fixtures/page-client.ts';
import { isRunning } from '../live/processes.ts';

/** The app in browser mode as a process of its own: page, core and engine together, on simulated devices. */

let app: BrowserModeProcess | undefined;
const clients: PageClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate();
  await app?.remove();
  app = undefined;
});

async function start(): Promise<BrowserModeProcess> {
  return (app = await BrowserModeProcess.start());
}

async function open(url: string): Promise<PageClient> {
  const client = await PageClient.open(url);
  clients.push(client);
  return client;
}

async function live(client: PageClient): Promise<void> {
  await client.call('hello');
  await client.call('settings.change', { backend: 'fake', provider: 'cpu' });
  await client.call('live.start');
  await client.event('telemetry', ({ telemetry }) => telemetry.counters.hops > 20);
}

describe('residua app', () => {
  it('cleans, records, and on SIGTERM leaves a whole recording and no process behind', async () => {
    const { url, folder } = await start();
    const client = await open(url);
    const welcome = (await client.call('hello')) as Welcome;
    expect(welcome).toMatchObject({ shell: 'browser', can: { filePaths: false, tray: false } });
    expect(welcome.models.length).toBeGreaterThan(0);
    await live(client);
    await client.call('live.record');
    await client.event('telemetry', ({ telemetry }) => (telemetry.recorder?.seconds ?? 0) > 1);
    const processes = app!.descendants();
    expect(processes.length).toBeGreaterThan(0);

    expect(await app!.end()).toBe(0);
    await vi.waitFor(() => expect(processes.filter(isRunning)).toEqual([]), { timeout: 10_000 });
    await expect(PageClient.open(url)).rejects.toThrow('ECONNREFUSED');
    const recordings = path.join(folder, 'recordings');
    const files = await readdir(recordings, { recursive: true });
    const wavs = files.filter((file) => file.endsWith('.wav'));
    expect(wavs.length).toBe(2);
    for (const wav of wavs) {
      const reader = await openAudio(path.join(recordings, wav));
      expect(reader.frames! / reader.sampleRate).toBeGreaterThan(0.9);
      await reader.close();
    }
    const settings = JSON.parse(
      await readFile(path.join(folder, 'settings.json'), 'utf8'),
    ) as object;
    expect(settings).toMatchObject({ backend: 'fake' });
  });

  it('goes on while no page is open, says so, and greets the next one as it is', async () => {
    const { url } = await start();
    const first = await open(url);
    await live(first);
    first.close();
    await first.closed;
    await vi.waitFor(() => expect(app!.stderr).toContain('your voice goes on'), {
      timeout: 10_000,
    });
    const second = await open(url);
    const welcome = (await second.call('hello')) as Welcome;
    expect(welcome.status).toMatchObject({ isOn: true, state: 'running' });
    const { telemetry } = await second.event('telemetry');
    expect(telemetry.state).toBe('running');
  });

  it('an engine that sounds is untouched by an old page, unknown commands and wrong shapes', async () => {
    const { url } = await start();
    const client = await open(url);
    await live(client);
    const refused = async (message: object, code: string): Promise<void> => {
      const id = Math.floor(1e6 + Math.random() * 1e9);
      client.send({ ipc: 1, id, argument: null, ...message });
      expect(await client.find((m) => m.type === 'failed' && m.id === id)).toMatchObject({
        problem: { code },
      });
    };
    await refused({ ipc: 0, command: 'live.stop' }, 'IPC_VERSION');
    await refused({ ipc: 99, command: 'live.stop' }, 'IPC_VERSION');
    await refused({ command: 'engine.kill' }, 'IPC_INVALID');
    await refused({ command: 'toString' }, 'IPC_INVALID');
    await refused({ command: 'live.update', argument: { mix: 'loud' } }, 'IPC_INVALID');
    await refused({ command: 'live.update', argument: { mix: 7 } }, 'CONTROL_INVALID');
    await refused({ command: 'live.stop', argument: {} }, 'IPC_INVALID');
    await refused({ command: 'live.stop', extra: 1 }, 'IPC_INVALID');
    client.send('not a request');
    await client.find((m) => m.type === 'failed' && m.id === -1);
    const hops = (await client.event('telemetry')).telemetry.counters.hops;
    const { telemetry } = await client.event(
      'telemetry',
      (event) => event.telemetry.counters.hops > hops + 20,
    );
    expect(telemetry).toMatchObject({ state: 'running', counters: { workerRestarts: 0 } });
  });

  it('by an upload of 3 GB is not impressed', async () => {
    const { url } = await start();
    const client = await open(url);
    await client.call('hello');
    const begin = client.call('upload.begin', { name: 'huge.wav', bytes: 3 * 2 ** 30 });
    await expect(begin).rejects.toMatchObject({ message: expect.stringMatching(/\S/) });
    expect(await client.call('jobs.list')).toEqual([]);
  });
});
