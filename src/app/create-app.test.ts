import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readAudio } from '../audio/open-audio.ts';
import { ResiduaError } from '../common/errors.ts';
import { forkEngine } from '../host/client/fork-engine.ts';
import type { EngineProcess } from '../host/client/engine-process.ts';
import { fromEngineProblem } from '../ipc/engine-protocol.ts';
import {
  appEventSchema,
  welcomeSchema,
  type AppArgument,
  type AppCommand,
  type AppEvent,
  type AppResult,
} from '../ipc/app/app-protocol.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import type { AppCore } from './core.ts';
import { createApp, type AppOptions } from './create-app.ts';

/** The whole app over a real engine process with simulated devices. */

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
const RESOURCES = join(import.meta.dirname, '../../resources');

let root: string;
let count = 0;
let data: string;
let core: AppCore | undefined;
let events: AppEvent[];
let engines: EngineProcess[];
let nextId = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'residua-app-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));
afterEach(async () => {
  await core?.close();
  core = undefined;
});

/** @param settings of an earlier start; the simulated devices, unless told otherwise */
async function start(
  options: Partial<AppOptions> = {},
  settings: object = { backend: 'fake', provider: 'cpu' },
): Promise<void> {
  data = join(root, String(count++));
  await mkdir(data);
  await writeFile(join(data, 'settings.json'), JSON.stringify(settings));
  await open(options);
}

async function open(options: Partial<AppOptions> = {}): Promise<void> {
  events = [];
  engines = [];
  core = await createApp({
    shell: 'browser',
    appVersion: '0.1.0',
    dataFolder: data,
    recordingsFolder: join(data, 'recordings'),
    modelsFolder: FIXTURES,
    resourcesFolder: RESOURCES,
    launchEngine: () => {
      const engine = forkEngine();
      engines.push(engine);
      return engine;
    },
    can: { filePaths: true, autostart: false, shortcut: false, tray: false },
    ...options,
  });
  core.onEvent((event) => events.push(structuredClone(event)));
}

async function call<C extends AppCommand>(
  command: C,
  ...[argument]: AppArgument<C> extends null ? [] : [AppArgument<C>]
): Promise<AppResult<C>> {
  const request = { ipc: IPC_VERSION, id: nextId++, command, argument: argument ?? null };
  const answer = await core!.handle(structuredClone(request));
  if (answer.type === 'done') return answer.result as AppResult<C>;
  throw answer.type === 'failed' ? fromEngineProblem(answer.problem) : new Error('an event');
}

const status = async () => (await call('hello')).status;
const wait = (check: () => Promise<unknown> | unknown) =>
  vi.waitFor(async () => expect(await check()).toBeTruthy(), { timeout: 50_000, interval: 50 });
const isReady = () => wait(async () => (await status()).engine === 'ready');
const telemetry = () => events.findLast((event) => event.type === 'telemetry')?.telemetry;

describe('the app', () => {
  it('from the first hello to a recording played back, and what it remembers', async () => {
    await start();
    const welcome = welcomeSchema.parse(structuredClone(await call('hello')));
    expect(welcome).toMatchObject({
      appVersion: '0.1.0',
      shell: 'browser',
      models: [{ id: 'tiny' }],
      problems: [],
      recordingsFolder: join(data, 'recordings'),
      can: { reveal: false, filePaths: true },
    });
    expect(welcome.study.length).toBeGreaterThan(10);
    await isReady();
    expect((await call('live.devices')).map(({ name }) => name)).toContain('Simulated microphone');

    expect(await call('live.start')).toMatchObject({ isOn: true, state: 'running' });
    await wait(() => (telemetry()?.counters.hops ?? 0) > 20);
    await call('live.record');
    expect(await call('live.update', { codebooks: 2, mix: 0.75 })).toMatchObject({ codebooks: 2 });
    await wait(() => telemetry()?.heard.codebooks === 2);
    await wait(() => (telemetry()?.recorder?.seconds ?? 0) >= 1);
    expect(await call('library.list')).toMatchObject([{ isRecording: true, problem: null }]);

    const summary = await call('live.stopRecording');
    const [recording] = await call('library.list');
    expect(recording).toMatchObject({ isRecording: false, problem: null, sampleRateHz: 16_000 });
    expect(recording!.seconds).toBe(summary!.seconds);
    const media = { kind: 'recording', id: recording!.id, which: 'raw' } as const;
    const { frames } = await call('media.info', media);
    const bytes = await call('media.read', { media, startFrame: 0, frames });
    const played = new Float32Array(bytes.slice().buffer);
    expect(played).toEqual((await readAudio(summary!.raw!)).channels[0]);
    expect(played.some((value) => value > 0.05)).toBe(true);

    const clip = await call('compare.freeze', { seconds: 1 });
    expect(clip.seconds).toBeCloseTo(1, 1);
    await call('live.stop');
    await core!.close();
    for (const event of events) appEventSchema.parse(event);
    await open();
    expect((await call('hello')).settings.controls).toMatchObject({ codebooks: 2, mix: 0.75 });
    await isReady();
    expect((await status()).controls).toMatchObject({ codebooks: 2, mix: 0.75 });
    expect(await call('library.list')).toHaveLength(1);
  });

  it('an engine that is killed comes back, its recording too', async () => {
    await start();
    await isReady();
    await call('live.start');
    await call('live.record');
    await wait(() => (telemetry()?.recorder?.seconds ?? 0) >= 1);
    engines[0]!.kill();
    await wait(() => events.some((e) => e.type === 'status' && e.status.engine === 'restarting'));
    await wait(async () => (await status()).state === 'running');
    expect(events).toContainEqual({
      type: 'notice',
      notice: expect.objectContaining({ code: 'engine-restarted' }),
    });
    await wait(async () => (await status()).isRecording);
    await call('live.stopRecording').catch(() => undefined);
    await call('live.stop');
    // What the first engine left is mended once nobody writes it any more.
    await vi.waitFor(
      async () => {
        const list = await call('library.list');
        expect(list.some(({ isRecovered }) => isRecovered)).toBe(true);
        expect(list.every(({ isRecording, problem }) => !isRecording && !problem)).toBe(true);
      },
      { timeout: 30_000, interval: 500 },
    );
  });

  it('ends a recording with itself, whole', async () => {
    await start();
    await isReady();
    await call('live.start');
    await call('live.record');
    await wait(() => (telemetry()?.recorder?.seconds ?? 0) >= 0.5);
    await core!.close();
    const folder = join(data, 'recordings');
    const names = await readdir(folder);
    const sidecar = names.find((name) => name.endsWith('.json'))!;
    expect(JSON.parse(await readFile(join(folder, sidecar), 'utf8'))).toMatchObject({
      ended: 'stopped',
    });
    await expect(call('hello')).rejects.toMatchObject({ code: 'APP_CLOSED' });
  });

  it('is there without models, and works once it is told where some are', async () => {
    await start({ modelsFolder: join(root, 'nowhere') });
    await wait(async () => (await status()).engine === 'closed');
    const { problems, models } = await call('hello');
    expect(models).toEqual([]);
    expect(problems).toMatchObject([{ code: 'MODEL_NOT_FOUND', hint: expect.any(String) }]);
    await expect(call('live.start')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await call('settings.change', { modelsFolder: FIXTURES });
    await isReady();
    expect((await call('hello')).problems).toEqual([]);
  });

  it('is there without a sound server, and says what to do', async () => {
    await start({}, { backend: 'file', virtualMicrophone: true, provider: 'cpu' });
    await wait(async () => (await status()).engine === 'closed');
    const { problem } = await status();
    expect(problem).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    expect(
      await call('settings.change', { virtualMicrophone: false, backend: 'fake' }),
    ).toMatchObject({ backend: 'fake' });
    await isReady();
  });

  it('is there when nothing can be written, and says so', async () => {
    data = join(root, String(count++));
    await writeFile(data, 'a file where the folder should be');
    await open();
    await call('settings.change', { backend: 'fake', provider: 'cpu', theme: 'dark' });
    expect((await call('hello')).settings.theme).toBe('dark');
    await wait(() =>
      events.some((e) => e.type === 'notice' && e.notice.code === 'SETTINGS_NOT_SAVED'),
    );
    expect((await call('hello')).problems).toMatchObject([{ code: 'SETTINGS_NOT_SAVED' }]);
    await isReady();
    await call('live.start');
    await expect(call('live.record')).rejects.toMatchObject({
      code: expect.stringMatching(/^RECORDING_/),
    });
  });

  it('sets a broken settings file aside and says so, also to a window that comes later', async () => {
    data = join(root, String(count++));
    await mkdir(data);
    await writeFile(join(data, 'settings.json'), '{"theme":');
    await open();
    const { problems } = await call('hello');
    expect(problems).toMatchObject([{ code: 'SETTINGS_BROKEN' }]);
    await wait(() =>
      events.some((e) => e.type === 'notice' && e.notice.code === 'SETTINGS_BROKEN'),
    );
  });

  it('refuses settings whose controls the engine refuses, and keeps none of them', async () => {
    await start();
    await isReady();
    await expect(
      call('settings.change', { theme: 'dark', controls: { mix: 7 } }),
    ).rejects.toMatchObject({ code: 'CONTROL_INVALID' });
    await expect(
      call('settings.change', { controls: { quantizer: 'nothing' } }),
    ).rejects.toMatchObject({ code: 'QUANTIZER_UNKNOWN' });
    expect((await call('hello')).settings).toMatchObject({ theme: 'system', controls: { mix: 1 } });
    await call('settings.change', { controls: { quantizer: 'none', mix: 0.5 } });
    expect((await status()).controls).toMatchObject({ quantizer: 'none', mix: 0.5 });
  });

  it('lets the shell apply its settings, and tells when it cannot', async () => {
    const applySettings = vi.fn((settings: { shortcut: string | null }) => {
      if (settings.shortcut !== null) {
        throw new ResiduaError('SHORTCUT_TAKEN', 'Another program has that shortcut', {
          hint: 'Choose another one.',
        });
      }
    });
    await start({ applySettings });
    expect(applySettings).toHaveBeenCalledWith(
      expect.objectContaining({ backend: 'fake' }),
      undefined,
    );
    await call('settings.change', { shortcut: 'Ctrl+M' });
    expect(applySettings.mock.lastCall).toMatchObject([{ shortcut: 'Ctrl+M' }, { shortcut: null }]);
    await wait(() => events.some((e) => e.type === 'notice' && e.notice.code === 'SHORTCUT_TAKEN'));
  });

  it('gives diagnostics without the names of folders', async () => {
    await start();
    await isReady();
    const text = await call('diagnostics');
    expect(text).toContain('Simulated microphone');
    expect(text).toContain('tiny');
    expect(text).not.toContain(root);
  });
});
