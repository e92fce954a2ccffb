import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScriptedEngine } from '../../../test/fixtures/scripted-engine.ts';
import { exampleTelemetry } from '../../../test/fixtures/telemetry.ts';
import { loadModel } from '../../codec/model-folder.ts';
import { ResiduaError, UsageError } from '../../common/errors.ts';
import type { AppEvent, LiveStatus, Notice } from '../../ipc/app/app-protocol.ts';
import type { OpenRequest, RecordingSummary } from '../../ipc/engine-protocol.ts';
import type { LiveControls, LiveState } from '../../ipc/live.ts';
import { Notices } from '../notices.ts';
import { SettingsStore } from '../settings/settings-store.ts';
import { LiveService, type LiveServiceOptions } from './live-service.ts';

const MODEL = join(import.meta.dirname, '../../../test/fixtures/tiny-model');
const DEFAULTS: LiveControls = {
  quantizer: 'rvq',
  codebooks: null,
  mix: 1,
  attenuationLimitDb: null,
  inputGainDb: 0,
  mute: false,
  bypass: false,
};
const NO_DEVICE = new ResiduaError('AUDIO_DEVICE_NOT_FOUND', 'there is no input device "Mic"', {
  hint: 'Connect a microphone.',
});
const MIC = {
  name: 'Mic',
  hostApi: 'fake',
  inputChannels: 1,
  outputChannels: 0,
  defaultSampleRateHz: 48_000,
  isDefaultInput: true,
  isDefaultOutput: false,
};
const RECORDING: RecordingSummary = {
  folder: '/r',
  raw: '/r/a.raw.wav',
  enhanced: '/r/a.enhanced.wav',
  sidecar: '/r/a.json',
  codes: [],
  sampleRateHz: 16_000,
  seconds: 90,
  bytes: 1000,
  lostHops: 0,
  ended: 'stopped',
  problem: null,
};

let folder: string;
let settings: SettingsStore;
let engines: ScriptedEngine[];
let answers: Record<string, unknown>;
let events: AppEvent[];
let notices: Notice[];
const recordingsChanged = vi.fn();
let live: LiveService;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-live-service-'));
  engines = [];
  events = [];
  notices = [];
  recordingsChanged.mockReset();
  let controls = DEFAULTS;
  answers = {
    open: ({ controls: given }: OpenRequest) => {
      controls = { ...DEFAULTS, ...withoutUndefined(given) };
      return { controls, backend: 'fake', virtualMicrophone: null };
    },
    update: (change: Partial<LiveControls>) => (controls = { ...controls, ...change }),
    devices: [MIC],
    start: () => {
      state('starting');
      state('running');
      return null;
    },
    stop: () => {
      state('stopped');
      return null;
    },
    record: () => {
      engine().emit({ type: 'recording-started', folder: '/r' });
      return null;
    },
    stopRecording: () => {
      engine().emit({ type: 'recording-ended', recording: RECORDING });
      return RECORDING;
    },
    snapshot: { samples: new Float32Array(0), sampleRateHz: 16_000 },
  };
  settings = await SettingsStore.open({
    folder,
    onChange: (now, before) => void live?.follow(now, before),
  });
  live = create();
});
afterEach(async () => {
  await live.close();
  await settings.flush();
  await rm(folder, { recursive: true });
});

function create(options: Partial<LiveServiceOptions> = {}): LiveService {
  const emit = (event: AppEvent): void => {
    if (event.type === 'notice') notices.push(event.notice);
    else events.push(event);
  };
  return new LiveService({
    launchEngine: () => {
      const launched = new ScriptedEngine(answers);
      engines.push(launched);
      return launched;
    },
    cleanUp: () => Promise.resolve(),
    settings,
    chooseModel: () => loadModel(MODEL),
    recordingsFolder: () => '/r',
    emit,
    notices: new Notices({ emit, areHeard: () => true }),
    recordingsChanged,
    ...options,
  });
}

const engine = (): ScriptedEngine => engines.at(-1)!;
const codes = (): string[] => notices.map(({ code }) => code);
const opened = (): OpenRequest => engine().argumentOf('open') as OpenRequest;
const until = (expected: Partial<LiveStatus>) =>
  vi.waitFor(() => expect(live.status).toMatchObject(expected), 10_000);

function state(next: LiveState, problem: ResiduaError | null = null): void {
  const told = problem && { code: problem.code, message: problem.message, hint: problem.hint! };
  engine().emit({ type: 'state', state: next, previous: live.status.state, problem: told });
}

function withoutUndefined<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

async function running(): Promise<void> {
  await live.open();
  await live.handlers['live.start'](null);
}

describe('LiveService', () => {
  it('is ready once the engine has been opened, with what the settings say', async () => {
    settings.change({
      input: 'Mic',
      output: 'Headphones',
      provider: 'cpu',
      backend: 'fake',
      blockMs: 20,
      controls: { quantizer: 'rvq', codebooks: 2, mix: 0.5 },
    });
    expect(live.status.engine).toBe('starting');
    await live.open();
    expect(opened()).toMatchObject({
      modelFolder: MODEL,
      provider: 'cpu',
      backend: 'fake',
      blockMs: 20,
      devices: { input: 'Mic', output: 'Headphones' },
      controls: { quantizer: 'rvq', codebooks: 2, mix: 0.5, mute: false },
    });
    expect(live.status).toMatchObject({
      engine: 'ready',
      state: 'idle',
      isOn: false,
      controls: { codebooks: 2 },
      backend: 'fake',
      problem: null,
    });
    expect(events).toContainEqual({ type: 'devices', devices: [MIC] });
    expect(engine().commands).not.toContain('start');
  });

  it('turns on and off, tells every change of the status', async () => {
    await running();
    expect(live.status).toMatchObject({ isOn: true, state: 'running' });
    const telemetry = exampleTelemetry();
    engine().emit({ type: 'telemetry', telemetry });
    expect(events.at(-1)).toEqual({ type: 'telemetry', telemetry });
    await live.handlers['live.stop'](null);
    expect(live.status).toMatchObject({ isOn: false, state: 'stopped' });
    const told = events.flatMap((event) => (event.type === 'status' ? [event.status] : []));
    expect(told.map((status) => status.state)).toContain('starting');
    expect(told.at(-1)).toEqual(live.status);
    expect(new Set(told.map((status) => JSON.stringify(status))).size).toBe(told.length);
  });

  it('is on at once where the settings say so', async () => {
    settings.change({ startLive: true });
    await live.open();
    expect(live.status).toMatchObject({ isOn: true, state: 'running' });
  });

  it('remembers controls, but for mute and bypass', async () => {
    await live.open();
    const update = live.handlers['live.update'];
    expect(await update({ quantizer: 'rvq', codebooks: 2 })).toMatchObject({ codebooks: 2 });
    await update({ mix: 0.25, mute: true, bypass: true });
    expect(live.status.controls).toMatchObject({ mix: 0.25, mute: true, bypass: true });
    expect(settings.current.controls).toEqual({
      quantizer: 'rvq',
      codebooks: 2,
      mix: 0.25,
      attenuationLimitDb: null,
      inputGainDb: 0,
    });
    answers['update'] = new UsageError('mix must be 0 to 1', { code: 'CONTROL_INVALID' });
    engine().answers['update'] = answers['update'];
    await expect(update({ mix: 7 })).rejects.toMatchObject({ code: 'CONTROL_INVALID' });
    expect(settings.current.controls.mix).toBe(0.25);
  });

  it('goes along when the engine goes back to another quantizer', async () => {
    settings.change({ controls: { quantizer: 'none' } });
    await live.open();
    engine().emit({ type: 'controls', controls: { ...DEFAULTS, codebooks: 2 } });
    await until({ controls: { ...DEFAULTS, codebooks: 2 } });
    expect(settings.current.controls).toMatchObject({ quantizer: 'rvq', codebooks: 2 });
  });

  describe('what is remembered and no longer possible', () => {
    it('a quantizer of another model gives way to the default, and that is said', async () => {
      settings.change({ controls: { quantizer: 'pq', codebooks: 12, mix: 0.5 } });
      await live.open();
      expect(opened().controls).toEqual({
        mix: 0.5,
        attenuationLimitDb: null,
        inputGainDb: 0,
        mute: false,
        bypass: false,
      });
      expect(codes()).toEqual(['QUANTIZER_UNKNOWN']);
    });

    it('too many codebooks become all of them', async () => {
      settings.change({ controls: { quantizer: 'rvq', codebooks: 12 } });
      await live.open();
      expect(opened().controls).toMatchObject({ quantizer: 'rvq', codebooks: null });
      expect(codes()).toEqual(['CODEBOOKS_RANGE']);
    });

    it('controls that the engine refuses become the defaults', async () => {
      settings.change({ controls: { inputGainDb: 999 } });
      const open = answers['open'] as (request: OpenRequest) => unknown;
      answers['open'] = (request: OpenRequest) => {
        if (request.controls.inputGainDb === 999) {
          throw new UsageError('too loud', { code: 'CONTROL_INVALID' });
        }
        return open(request);
      };
      await live.open();
      expect(live.status.engine).toBe('ready');
      expect(opened().controls).toEqual({ mute: false, bypass: false });
      expect(codes()).toEqual(['CONTROL_INVALID']);
    });
  });

  describe('without what it needs', () => {
    it('no model: closed, says why, and opens once there is one', async () => {
      let isThere = false;
      const missing = new ResiduaError('MODEL_NOT_FOUND', 'There is no model', {
        hint: 'Get one.',
      });
      live = create({
        chooseModel: () => (isThere ? loadModel(MODEL) : Promise.reject(missing)),
      });
      await live.open();
      const problem = { code: 'MODEL_NOT_FOUND', message: 'There is no model', hint: 'Get one.' };
      expect(live.status).toMatchObject({ engine: 'closed', isOn: false, problem });
      for (const command of [
        'live.start',
        'live.devices',
        'live.record',
        'live.selfTest',
      ] as const) {
        await expect(live.handlers[command](null)).rejects.toMatchObject(problem);
      }
      await expect(live.handlers['live.update']({ mix: 1 })).rejects.toMatchObject(problem);
      await expect(live.snapshot(3)).rejects.toMatchObject(problem);
      expect(await live.handlers['live.stop'](null)).toMatchObject({ isOn: false });
      await expect(live.handlers['live.revive'](null)).rejects.toMatchObject(problem);
      isThere = true;
      settings.change({ modelsFolder: '/elsewhere' });
      await until({ engine: 'ready', problem: null });
      await live.handlers['live.start'](null);
      expect(live.status.state).toBe('running');
    });

    it('no sound server: closed; revived when there is one', async () => {
      const open = answers['open'];
      answers['open'] = new ResiduaError('AUDIO_UNAVAILABLE', 'no sound server answers', {
        hint: 'Start PipeWire.',
      });
      await live.open();
      expect(live.status).toMatchObject({
        engine: 'closed',
        problem: { code: 'AUDIO_UNAVAILABLE', hint: 'Start PipeWire.' },
      });
      answers['open'] = open;
      expect(await live.handlers['live.revive'](null)).toMatchObject({ engine: 'ready' });
    });

    it('a sound server that comes later is waited for, then sound begins', async () => {
      settings.change({ startLive: true });
      const model = await loadModel(MODEL);
      live = create({ chooseModel: () => Promise.resolve(model) });
      const open = answers['open'];
      answers['open'] = new ResiduaError('AUDIO_UNAVAILABLE', 'no sound server answers');
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        await live.open();
        expect(live.status).toMatchObject({ engine: 'closed', isOn: true });
        await vi.advanceTimersByTimeAsync(60_000);
        expect(engines.length).toBeGreaterThan(2);
        expect(engines.length).toBeLessThan(8);
        const told = events.filter((event) => event.type === 'status');
        expect(told.filter(({ status }) => status.engine === 'starting')).toEqual([]);
        answers['open'] = open;
        await vi.advanceTimersByTimeAsync(60_000);
      } finally {
        vi.useRealTimers();
      }
      await until({ engine: 'ready', state: 'running', isOn: true, problem: null });
      expect(notices).toEqual([]);
    });

    it('no microphone: the switch goes back, with the reason', async () => {
      await live.open();
      engine().answers['start'] = () => {
        state('failed', NO_DEVICE);
        throw NO_DEVICE;
      };
      await expect(live.handlers['live.start'](null)).rejects.toMatchObject({
        code: 'AUDIO_DEVICE_NOT_FOUND',
      });
      expect(live.status).toMatchObject({
        engine: 'ready',
        isOn: false,
        state: 'failed',
        problem: { code: 'AUDIO_DEVICE_NOT_FOUND' },
      });
      expect(codes()).toEqual(['AUDIO_DEVICE_NOT_FOUND']);
    });

    it('no microphone yet when the app starts by itself: sound begins when it comes', async () => {
      settings.change({ startLive: true });
      answers['start'] = () => {
        state('failed', NO_DEVICE);
        throw NO_DEVICE;
      };
      await live.open();
      expect(live.status).toMatchObject({ isOn: true, state: 'failed' });
      engine().answers['start'] = () => {
        state('running');
        return null;
      };
      engine().emit({ type: 'devices', devices: [MIC] });
      await until({ isOn: true, state: 'running', problem: null });
    });

    it('turning it off ends that waiting', async () => {
      settings.change({ startLive: true });
      answers['start'] = () => {
        state('failed', NO_DEVICE);
        throw NO_DEVICE;
      };
      await live.open();
      await live.handlers['live.stop'](null);
      const before = engine().commands.length;
      engine().emit({ type: 'devices', devices: [MIC] });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(engine().commands.slice(before)).toEqual([]);
    });

    it('nothing heard yet: no snapshot', async () => {
      await running();
      await expect(live.snapshot(3)).rejects.toMatchObject({ code: 'NOTHING_HEARD' });
    });
  });

  describe('settings', () => {
    it('another device is taken at once', async () => {
      await running();
      settings.change({ input: 'Other' });
      await vi.waitFor(() => expect(engine().argumentOf('setDevices')).toEqual({ input: 'Other' }));
      expect(engines).toHaveLength(1);
    });

    it('one that cannot be opened is told; the next one works', async () => {
      await running();
      engine().answers['setDevices'] = () => {
        state('failed', NO_DEVICE);
        throw NO_DEVICE;
      };
      settings.change({ input: 'Gone' });
      await until({ state: 'failed', isOn: false });
      await vi.waitFor(() => expect(codes()).toContain('AUDIO_DEVICE_NOT_FOUND'));
    });

    it.each([
      ['a virtual microphone', { virtualMicrophone: true }],
      ['another backend', { backend: 'decibri' }],
      ['another provider', { provider: 'webgpu' }],
      ['another block', { blockMs: 5 }],
      ["the system's own device again", { input: null }],
    ] as const)('%s opens the engine anew, sound goes on', async (_name, change) => {
      settings.change({ input: 'Mic' });
      await running();
      await live.handlers['live.update']({ mute: true });
      settings.change(change);
      await vi.waitFor(() => expect(engines).toHaveLength(2));
      await until({ engine: 'ready', state: 'running', isOn: true });
      expect(engines[0]!.commands).toContain('close');
      // Whoever was muted stays so.
      expect(opened().controls.mute).toBe(true);
    });

    it('an engine that is off stays off', async () => {
      await live.open();
      settings.change({ blockMs: 20 });
      await vi.waitFor(() => expect(engines).toHaveLength(2));
      await until({ engine: 'ready' });
      expect(engine().commands).not.toContain('start');
    });

    it('what does not concern it leaves it alone', async () => {
      await running();
      settings.change({ theme: 'dark', closeToTray: false, recordings: { sampleFormat: '16' } });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(engines).toHaveLength(1);
      expect(engine().commands).not.toContain('setDevices');
    });

    it("the model's own quantizer is `null`", async () => {
      await live.open();
      await live.apply({ quantizer: null, mix: 0.5 });
      expect(engine().argumentOf('update')).toEqual({ quantizer: 'rvq', mix: 0.5 });
    });
  });

  describe('recording', () => {
    it('goes to the folder of the settings, in their format', async () => {
      settings.change({ recordings: { sampleFormat: 'float' } });
      await running();
      await live.handlers['live.record'](null);
      expect(engine().argumentOf('record')).toEqual({ folder: '/r', sampleFormat: 'float' });
      expect(live.status.isRecording).toBe(true);
      expect(await live.handlers['live.stopRecording'](null)).toEqual(RECORDING);
      expect(live.status.isRecording).toBe(false);
      expect(recordingsChanged).toHaveBeenCalledTimes(2);
      expect(notices).toEqual([]);
    });

    it('needs sound, and ends with it', async () => {
      await live.open();
      await expect(live.handlers['live.record'](null)).rejects.toMatchObject({
        code: 'RECORDING_NEEDS_SOUND',
      });
      await live.handlers['live.start'](null);
      await live.handlers['live.record'](null);
      await live.handlers['live.stop'](null);
      expect(engine().commands.slice(-2)).toEqual(['stopRecording', 'stop']);
    });

    it('that a full disk ended is told, with what was kept', async () => {
      await running();
      const problem = {
        code: 'RECORDING_DISK_FULL',
        message: 'the disk is full',
        hint: 'Free it.',
      };
      const recording = { ...RECORDING, ended: 'disk-full' as const, problem };
      engine().emit({ type: 'recording-ended', recording });
      await vi.waitFor(() => expect(notices).toHaveLength(1));
      expect(notices[0]).toMatchObject({
        level: 'error',
        code: 'RECORDING_DISK_FULL',
        message: 'Recording has ended: the disk is full. 1 min 30 s are kept.',
        hint: 'Free it.',
      });
      expect(live.status.isRecording).toBe(false);
    });
  });

  describe('an engine that dies', () => {
    it('is started again, with sound and a word about it', async () => {
      await running();
      engine().die('it was ended by SIGSEGV');
      expect(live.status).toMatchObject({ engine: 'restarting', state: 'recovering', isOn: true });
      await until({ engine: 'ready', state: 'running', isOn: true, problem: null });
      expect(codes()).toEqual(['engine-restarted']);
      expect(recordingsChanged).toHaveBeenCalled();
    });

    it('too often is given up, and can be revived', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        await running();
        for (let crash = 0; crash < 5; crash++) {
          engine().die('it was ended by SIGSEGV');
          await vi.advanceTimersByTimeAsync(6000);
        }
      } finally {
        vi.useRealTimers();
      }
      expect(live.status).toMatchObject({
        engine: 'closed',
        isOn: false,
        problem: { code: 'ENGINE_DIED' },
      });
      expect(codes()).toContain('engine-lost');
      await expect(live.handlers['live.start'](null)).resolves.toMatchObject({ state: 'running' });
      engine().die('it was ended by SIGSEGV');
      await until({ engine: 'ready', state: 'running' });
    });

    it('while it is off does not turn sound on', async () => {
      await running();
      state('failed', NO_DEVICE);
      await until({ isOn: false });
      engine().die('it was ended by SIGSEGV');
      await until({ engine: 'ready' });
      await vi.waitFor(() => expect(engine().commands.at(-1)).toBe('stop'));
      expect(live.status.isOn).toBe(false);
    });
  });

  it('tests the loop and says what to make of it; not during a recording', async () => {
    await running();
    const heard = { loopbackMs: 180, snrDb: 9, input: 'Mic', output: 'Speakers', clipped: false };
    engine().answers['selfTest'] = heard;
    const { advice, ...figures } = await live.handlers['live.selfTest'](null);
    expect(figures).toEqual({ loopbackMs: 180, snrDb: 9, input: 'Mic', output: 'Speakers' });
    expect(advice).toMatch(/faint.*long/s);
    engine().answers['selfTest'] = { ...heard, loopbackMs: null, snrDb: null };
    expect((await live.handlers['live.selfTest'](null)).advice).toMatch(/not heard/);
    engine().answers['selfTest'] = { ...heard, loopbackMs: 20, snrDb: 40 };
    expect((await live.handlers['live.selfTest'](null)).advice).toBe(
      'Loudspeaker and microphone work.',
    );
    await live.handlers['live.record'](null);
    await expect(live.handlers['live.selfTest'](null)).rejects.toMatchObject({
      code: 'RECORDING_ACTIVE',
    });
  });
});
