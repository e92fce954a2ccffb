import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeBackend } from '../audio/backends/fake/fake-backend.ts';
import { sine } from '../audio/backends/fake/signals.ts';
import { readAudio } from '../audio/open-audio.ts';
import { loadModel } from '../codec/model-folder.ts';
import { createCodecSession } from '../codec/session.ts';
import { VirtualClock } from '../common/clock.ts';
import { createLiveEngine } from '../engine/engine.ts';
import { InProcessRunner } from '../engine/in-process-runner.ts';
import { OrtLoader } from '../inference/onnxruntime/loader.ts';
import {
  engineEventSchema,
  recordingSummarySchema,
  type EngineEvent,
} from '../ipc/engine-protocol.ts';
import { telemetrySchema } from '../ipc/live.ts';
import { EngineService, type ServiceDependencies } from './engine-service.ts';

const MODEL = join(import.meta.dirname, '../../test/fixtures/tiny-model');
const REQUEST = {
  modelFolder: MODEL,
  provider: 'cpu',
  backend: 'fake',
  devices: {},
  controls: {},
} as const;

let folder: string;
let clock: VirtualClock;
let backend: FakeBackend;
let events: EngineEvent[];
let microphones: string[];
let service: EngineService;

function create(change: Partial<ServiceDependencies> = {}): EngineService {
  return new EngineService({
    openBackend: () => Promise.resolve(backend),
    loadManifest: async (modelFolder) => (await loadModel(modelFolder)).manifest,
    createEngine: (options) =>
      createLiveEngine(options, {
        input: backend,
        output: backend,
        clock,
        createRunner: (setup) =>
          new InProcessRunner(setup, {
            clock,
            openSession: () => async (quantizer, provider) =>
              createCodecSession(await loadModel(MODEL), new OrtLoader(), { quantizer, provider }),
          }),
      }),
    openVirtualMicrophone: () => {
      microphones.push('open');
      return Promise.resolve({
        name: 'Residua Microphone',
        outputDevice: 'Virtual',
        ensure: () => Promise.resolve(),
        close: () => Promise.resolve(void microphones.push('close')),
      });
    },
    emit: (event) => events.push(event),
    clock,
    ...change,
  });
}

/** Time passes; whatever waits for the disk gets its turns. */
async function pass(ms: number): Promise<void> {
  for (let done = 0; done < ms; done += 50) {
    await clock.advance(Math.min(50, ms - done));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Carries out a command that needs the virtual clock to go on. */
async function during<T>(work: Promise<T>): Promise<T> {
  let settled = false;
  void work.then(
    () => (settled = true),
    () => (settled = true),
  );
  for (let i = 0; i < 400 && !settled; i++) await pass(10);
  return work;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-service-'));
  clock = new VirtualClock();
  backend = new FakeBackend({
    clock,
    devices: [
      { name: 'Mic', inputChannels: 1, defaultSampleRateHz: 16_000, signal: sine(440) },
      { name: 'Speakers', outputChannels: 2, defaultSampleRateHz: 16_000 },
      { name: 'Virtual', outputChannels: 1, defaultSampleRateHz: 16_000 },
    ],
  });
  events = [];
  microphones = [];
  service = create();
});
afterEach(async () => {
  await during(service.close());
  await rm(folder, { recursive: true });
});

describe('EngineService', () => {
  it('runs sound, answers with valid data, sends valid events', async () => {
    const opened = await service.handle('open', REQUEST);
    expect(opened).toMatchObject({ backend: 'fake', virtualMicrophone: null });
    await during(service.handle('start', null));
    await pass(1000);
    const telemetry = await service.handle('telemetry', null);
    expect(telemetrySchema.parse(structuredClone(telemetry))).toMatchObject({
      state: 'running',
      input: { name: 'Mic' },
      output: { name: 'Speakers' },
    });
    expect(telemetry.counters.hops).toBeGreaterThan(50);
    await service.handle('update', { quantizer: 'rvq', codebooks: 2, mix: 0.5 });
    await during(service.handle('setDevices', { output: 'Virtual' }));
    await pass(500);
    expect(await service.handle('telemetry', null)).toMatchObject({
      controls: { codebooks: 2, mix: 0.5 },
      heard: { codebooks: 2 },
      output: { name: 'Virtual' },
    });
    await during(service.handle('stop', null));
    for (const event of events) engineEventSchema.parse(structuredClone(event));
    expect(events.filter((e) => e.type === 'telemetry').length).toBeGreaterThan(20);
    expect(events).toContainEqual(expect.objectContaining({ type: 'state', state: 'running' }));
  });

  it('records while sound runs, and says so', async () => {
    await service.handle('open', REQUEST);
    await service.handle('record', { folder, sampleFormat: 'float' });
    await during(service.handle('start', null));
    await pass(3000);
    expect((await service.handle('telemetry', null)).recorder).toMatchObject({
      state: 'recording',
      folder,
    });
    await expect(service.handle('record', { folder })).rejects.toMatchObject({
      code: 'RECORDING_ACTIVE',
    });
    const recording = await during(service.handle('stopRecording', null));
    recordingSummarySchema.parse(structuredClone(recording));
    expect(recording).toMatchObject({ ended: 'stopped', problem: null });
    expect(recording!.seconds).toBeGreaterThan(2.5);
    const [raw, enhanced] = await Promise.all(
      [recording!.raw!, recording!.enhanced!].map(async (p) => (await readAudio(p)).channels[0]!),
    );
    expect(enhanced!.length).toBe(raw!.length);
    const peak = (samples: Float32Array) => samples.subarray(8000).reduce((m, v) => Math.max(m, v));
    expect(peak(raw!)).toBeCloseTo(0.5, 2);
    expect(await service.handle('stopRecording', null)).toBeNull();
    const types = events.map((e) => e.type).filter((type) => type.startsWith('recording'));
    expect(types).toEqual(['recording-started', 'recording-ended']);
  });

  it('a recording that ends by itself leaves sound alone', async () => {
    await service.handle('open', REQUEST);
    await during(service.handle('start', null));
    const own = join(folder, 'own');
    await service.handle('record', { folder: own });
    await pass(1000);
    await rm(own, { recursive: true, maxRetries: 10 });
    await pass(2000);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'recording-ended',
        recording: expect.objectContaining({ ended: 'folder-gone' }),
      }),
    );
    const telemetry = await service.handle('telemetry', null);
    expect(telemetry.state).toBe('running');
    expect(telemetry.counters.underruns).toBe(0);
    await service.handle('record', { folder });
  });

  it('close ends a running recording and hands it on', async () => {
    await service.handle('open', REQUEST);
    await during(service.handle('start', null));
    await service.handle('record', { folder });
    await pass(1000);
    const recording = await during(service.handle('close', null));
    expect(recording!.seconds).toBeGreaterThan(0.5);
    expect((await readdir(folder)).length).toBeGreaterThanOrEqual(3);
    expect(backend.sources).toEqual([]);
    await expect(service.handle('start', null)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  });

  it('gives the last seconds of the microphone', async () => {
    await service.handle('open', REQUEST);
    expect(await service.handle('snapshot', { seconds: 5 })).toEqual({
      samples: new Float32Array(0),
      sampleRateHz: 16_000,
    });
    await during(service.handle('start', null));
    await pass(2000);
    const { samples } = await service.handle('snapshot', { seconds: 1 });
    expect(samples).toHaveLength(16_000);
    expect(samples.reduce((most, value) => Math.max(most, value))).toBeCloseTo(0.5, 2);
    await service.handle('update', { mute: true });
    await pass(1000);
    const muted = (await service.handle('snapshot', { seconds: 0.5 })).samples;
    expect(muted.every((value) => value === 0)).toBe(true);
    const all = (await service.handle('snapshot', { seconds: 30 })).samples;
    expect(all.length / 16_000).toBeGreaterThan(2.8);
    expect(all.length / 16_000).toBeLessThan(3.1);
    await during(service.handle('stop', null));
    const after = (await service.handle('snapshot', { seconds: 30 })).samples;
    expect(after.length).toBeGreaterThanOrEqual(all.length);
  });

  it('tests the loop with the devices to itself, then sound goes on', async () => {
    await service.handle('open', REQUEST);
    await during(service.handle('start', null));
    await pass(500);
    const tested = await during(service.handle('selfTest', null));
    // Nothing leads from these loudspeakers to this microphone.
    expect(tested).toEqual({
      loopbackMs: null,
      snrDb: null,
      input: 'Mic',
      output: 'Speakers',
      clipped: false,
    });
    await pass(500);
    expect((await service.handle('telemetry', null)).state).toBe('running');
    expect(backend.sources).toHaveLength(1);
    await during(service.handle('stop', null));
    await during(service.handle('selfTest', null));
    expect((await service.handle('telemetry', null)).state).toBe('stopped');
    expect(backend.sources).toEqual([]);
  });

  it('refuses what makes no sense', async () => {
    await expect(service.handle('start', null)).rejects.toMatchObject({ code: 'ENGINE_NOT_OPEN' });
    const missing = service.handle('open', { ...REQUEST, modelFolder: '/nowhere' });
    await expect(missing).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await service.handle('open', REQUEST);
    await expect(service.handle('open', REQUEST)).rejects.toMatchObject({ code: 'ENGINE_OPEN' });
    await expect(service.handle('update', { mix: 7 })).rejects.toMatchObject({
      code: 'CONTROL_INVALID',
      exitCode: 2,
    });
    await expect(service.handle('record', { folder: '/proc/x' })).rejects.toMatchObject({
      code: expect.stringMatching(/^RECORDING_/),
    });
  });

  describe('virtual microphone', () => {
    const request = { ...REQUEST, virtualMicrophone: true };

    it('is where the sound goes, until the end', async () => {
      const opened = await service.handle('open', request);
      expect(opened.virtualMicrophone).toBe('Residua Microphone');
      await during(service.handle('start', null));
      expect((await service.handle('telemetry', null)).output?.name).toBe('Virtual');
      await during(service.handle('setDevices', { output: 'Speakers' }));
      expect((await service.handle('telemetry', null)).output?.name).toBe('Virtual');
      await during(service.handle('close', null));
      expect(microphones).toEqual(['open', 'close']);
    });

    it('is taken away when the engine cannot be made', async () => {
      const broken = create({ createEngine: () => Promise.reject(new Error('no engine')) });
      await expect(broken.handle('open', request)).rejects.toThrow('no engine');
      expect(microphones).toEqual(['open', 'close']);
    });
  });

  describe('devices', () => {
    const headset = { name: 'Headset', inputChannels: 1, defaultSampleRateHz: 16_000 };

    it('that come and go are told', async () => {
      await service.handle('open', REQUEST);
      backend.plug(headset);
      await pass(6000);
      const names = (await service.handle('devices', null)).map(({ name }) => name);
      expect(names).toContain('Headset');
      expect(events).toContainEqual({
        type: 'devices',
        devices: expect.arrayContaining([expect.objectContaining({ name: 'Headset' })]),
      });
    });

    it('sound follows the default of the system', async () => {
      await service.handle('open', REQUEST);
      await during(service.handle('start', null));
      backend.plug(headset);
      backend.setDefault('input', 'Headset');
      await pass(7000);
      const telemetry = await service.handle('telemetry', null);
      expect(telemetry).toMatchObject({ state: 'running', input: { name: 'Headset' } });
      expect(events).toContainEqual({
        type: 'default-followed',
        direction: 'input',
        device: 'Headset',
      });
    });

    it('sound stays with a device that was named', async () => {
      await service.handle('open', { ...REQUEST, devices: { input: 'Mic' } });
      await during(service.handle('start', null));
      backend.plug(headset);
      backend.setDefault('input', 'Headset');
      await pass(7000);
      expect((await service.handle('telemetry', null)).input?.name).toBe('Mic');
    });
  });
});
