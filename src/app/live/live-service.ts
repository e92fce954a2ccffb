import type { LoadedModel } from '../../codec/model-folder.ts';
import { ResiduaError, UsageError } from '../../common/errors.ts';
import { fromProblem, toProblem } from '../../common/problem.ts';
import { Turns } from '../../common/turns.ts';
import type { LaunchEngine } from '../../host/client/engine-process.ts';
import { EngineSupervisor, type SupervisorEvent } from '../../host/client/supervisor.ts';
import type { AppCommand, LiveStatus } from '../../ipc/app/app-protocol.ts';
import type { Settings } from '../../ipc/app/settings.ts';
import type { Opened, RecordingSummary } from '../../ipc/engine-protocol.ts';
import type { AudioDevice, ControlsChange, LiveControls, Telemetry } from '../../ipc/live.ts';
import type { Emit, HandlersOf, Snapshot } from '../handlers.ts';
import { defaultQuantizer } from '../models.ts';
import type { Notices } from '../notices.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { noticeOf } from './event-notices.ts';
import { lastingPart } from './lasting-controls.ts';
import { devicesOf, needsReopening, planOpening } from './open-request.ts';
import { describeLoopback } from './self-test.ts';

export type LiveCommand = Extract<AppCommand, `live.${string}`>;

export interface LiveServiceOptions {
  readonly launchEngine: LaunchEngine;
  /** Removes what an engine that had to be killed left in the system. */
  readonly cleanUp: () => Promise<void>;
  readonly settings: SettingsStore;
  /** @throws ResiduaError `MODEL_NOT_FOUND`, `MODEL_CORRUPT` */
  readonly chooseModel: () => Promise<LoadedModel>;
  readonly recordingsFolder: () => string;
  readonly emit: Emit;
  readonly notices: Notices;
  /** A recording began, grew to its end, or was left behind by a crash. */
  readonly recordingsChanged: () => void;
}

/** Refusals of remembered values; opening with the defaults goes well. */
const REFUSED = ['CONTROL_INVALID', 'QUANTIZER_UNKNOWN', 'CODEBOOKS_RANGE', 'OPTION_INVALID'];
/** What a sound server that is still on its way explains, as when the app starts with the computer. */
const PASSING = ['AUDIO_UNAVAILABLE', 'VIRTUAL_MIC_UNAVAILABLE'];
/** Pauses before the engine is opened once more; the last one again and again. */
const RETRY_PAUSES_MS = [5000, 10_000, 20_000, 60_000];
const MAX_LOG = 100;

/**
 * The engine behind the switch: opened when the app starts, kept as the settings want it, told about in words.
 * Whatever is missing (model, sound server, devices), the service is there and says so.
 */
export class LiveService {
  readonly handlers: HandlersOf<LiveCommand>;
  readonly #options: LiveServiceOptions;
  /** Of everything that opens, starts, stops or closes the engine. */
  readonly #turns = new Turns();
  #supervisor: EngineSupervisor | undefined;
  #model: LoadedModel | undefined;
  #status: LiveStatus = {
    engine: 'starting',
    state: 'idle',
    isOn: false,
    controls: null,
    backend: null,
    virtualMicrophone: null,
    isRecording: false,
    problem: null,
  };
  #telemetry: Telemetry | undefined;
  readonly #log: string[] = [];
  /** The app turned sound on, or had it on, and its device is not there: it starts when the device comes. */
  #waitsForDevice = false;
  #retries = 0;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LiveServiceOptions) {
    this.#options = options;
    this.handlers = {
      'live.start': () => this.#turnOn(),
      'live.stop': () => this.#turnOff(),
      'live.update': (change) => this.update(change),
      'live.devices': () => this.devices(),
      'live.record': () => this.#record(),
      'live.stopRecording': () => this.#stopRecording(),
      'live.revive': () => this.#revive(),
      'live.selfTest': () => this.#turns.take(() => this.#selfTest()),
    };
  }

  get status(): LiveStatus {
    return this.#status;
  }

  /** The newest, while and after sound runs. */
  get telemetry(): Telemetry | undefined {
    return this.#telemetry;
  }

  /** What the engine wrote to its log, oldest first. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** Starts the engine's process; turns sound on where the settings say so. Never fails: the status tells. */
  async open(): Promise<void> {
    await this.#turns.take(async () => {
      await this.#open().catch(() => undefined);
      const isExpected = this.#status.engine === 'ready' || this.#retry !== undefined;
      if (!this.#options.settings.current.startLive || !isExpected) return;
      this.#set({ isOn: true });
      await this.#startAgain();
    });
  }

  /** Ends sound, recording and process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#supervisor?.close();
    this.#options.recordingsChanged();
  }

  /**
   * The settings have changed: the engine follows. Controls are not looked at, they go through `update`.
   * Never fails: the status tells.
   */
  async follow(now: Settings, before: Settings): Promise<void> {
    if (needsReopening(now, before)) {
      await this.#turns.take(async () => {
        await this.#shut();
        await this.#open().then(
          () => this.#startAgain(),
          () => undefined,
        );
      });
      return;
    }
    const [devices, old] = [devicesOf(now), devicesOf(before)];
    if (devices.input === old.input && devices.output === old.output) return;
    await this.#turns.take(async () => {
      if (this.#status.engine === 'closed' || !this.#supervisor) return;
      try {
        await this.#supervisor.setDevices(devicesOf(this.#options.settings.current));
        // A start that failed for a missing device may go well with another one.
        if (this.#status.isOn && this.#status.state === 'failed') await this.#supervisor.start();
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  /** @throws ResiduaError as the engine refuses it: nothing is changed then */
  async update(change: ControlsChange): Promise<LiveControls> {
    const controls = await this.#ready().update(change);
    this.#set({ controls });
    const lasting = lastingPart(change, controls);
    if (lasting) this.#options.settings.remember({ controls: lasting });
    return controls;
  }

  /**
   * Controls as the settings hold them; `null` for the quantizer is the model's default. Nothing happens without
   * an engine: it is opened with them.
   * @throws ResiduaError as the engine refuses it
   */
  async apply({ quantizer, ...others }: Partial<Settings['controls']>): Promise<void> {
    if (this.#status.engine !== 'ready' || !this.#model) return;
    const id = quantizer === null ? defaultQuantizer(this.#model.manifest).id : quantizer;
    const controls = await this.#ready().update({
      ...others,
      ...(id === undefined ? {} : { quantizer: id }),
    });
    this.#set({ controls });
  }

  devices(): Promise<AudioDevice[]> {
    return Promise.resolve().then(() => this.#ready().devices());
  }

  /** @throws ResiduaError `NOTHING_HEARD` before the first sound */
  async snapshot(seconds: number): Promise<Snapshot> {
    const snapshot = await this.#ready().snapshot(seconds);
    if (snapshot.samples.length > 0) return snapshot;
    throw new ResiduaError('NOTHING_HEARD', 'Nothing has been heard yet', {
      hint: 'Turn Residua on, speak, then try again.',
    });
  }

  async #turnOn(): Promise<LiveStatus> {
    this.#waitsForDevice = false;
    this.#set({ isOn: true });
    await this.#turns.take(async () => {
      if (!this.#status.isOn) return; // turned off again while this waited
      try {
        if (this.#status.engine === 'closed') await this.#open();
        await this.#ready().start();
      } catch (error) {
        this.#failed(error);
        throw error;
      }
    });
    return this.#status;
  }

  async #turnOff(): Promise<LiveStatus> {
    this.#waitsForDevice = false;
    this.#set({ isOn: false });
    await this.#turns.take(async () => {
      if (this.#status.isOn || this.#status.engine === 'closed') return;
      // What is not heard any more is not recorded either.
      if (this.#status.isRecording) await this.#supervisor?.stopRecording();
      await this.#supervisor?.stop();
    });
    return this.#status;
  }

  async #revive(): Promise<LiveStatus> {
    await this.#turns.take(async () => {
      await this.#shut();
      await this.#open();
      await this.#startAgain();
    });
    return this.#status;
  }

  async #record(): Promise<null> {
    const supervisor = this.#ready();
    if (!this.#status.isOn) {
      throw new UsageError('There is no sound to record', {
        code: 'RECORDING_NEEDS_SOUND',
        hint: 'Turn Residua on first.',
      });
    }
    const { sampleFormat } = this.#options.settings.current.recordings;
    await supervisor.record({ folder: this.#options.recordingsFolder(), sampleFormat });
    return null;
  }

  async #stopRecording(): Promise<RecordingSummary | null> {
    if (this.#status.engine === 'closed') return null;
    return this.#ready().stopRecording();
  }

  async #selfTest() {
    if (this.#status.isRecording) {
      throw new UsageError('The test would interrupt the recording', {
        code: 'RECORDING_ACTIVE',
        hint: 'Stop recording first.',
      });
    }
    return describeLoopback(await this.#ready().selfTest());
  }

  /** @throws ResiduaError what keeps the engine closed */
  #ready(): EngineSupervisor {
    if (this.#supervisor && this.#status.engine !== 'closed') return this.#supervisor;
    const { problem } = this.#status;
    throw problem
      ? fromProblem(problem)
      : new ResiduaError('ENGINE_CLOSED', 'The audio engine is not running');
  }

  /**
   * @param isQuiet the status says nothing of the attempt
   * @throws whatever keeps it from opening; the status tells too
   */
  async #open(isQuiet = false): Promise<void> {
    if (this.#isClosed) throw new ResiduaError('APP_CLOSED', 'Residua is ending');
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (!isQuiet) {
      this.#retries = 0;
      this.#set({ engine: 'starting', state: 'idle', problem: null });
    }
    try {
      const opened = await this.#openEngine();
      const ready = { engine: 'ready', state: 'idle', problem: null } as const;
      const { controls, backend, virtualMicrophone } = opened;
      this.#set({ ...ready, controls, backend, virtualMicrophone });
      void this.#warm(this.#supervisor!);
      const devices = await this.#supervisor!.devices();
      this.#options.emit({ type: 'devices', devices });
    } catch (error) {
      if (this.#status.engine === 'ready') return; // devices are told when there are some
      this.#supervisor = undefined;
      const problem = toProblem(error);
      this.#set({ ...GONE, problem });
      if (PASSING.includes(problem.code)) this.#openLater();
      throw error;
    }
  }

  /** So that the first press is answered as fast as any other. */
  async #warm(supervisor: EngineSupervisor): Promise<void> {
    try {
      await supervisor.warm();
    } catch (error) {
      // The engine may be gone by now, or another one in its place.
      if (this.#supervisor === supervisor && this.#status.engine === 'ready') {
        this.#options.notices.problem(toProblem(error), 'warning');
      }
    }
  }

  #openLater(): void {
    if (this.#isClosed) return;
    const pauseMs = RETRY_PAUSES_MS[Math.min(this.#retries++, RETRY_PAUSES_MS.length - 1)];
    this.#retry = setTimeout(() => {
      void this.#turns.take(async () => {
        if (this.#isClosed || this.#status.engine !== 'closed') return;
        await this.#open(true).then(
          () => this.#startAgain(),
          () => undefined,
        );
      });
    }, pauseMs);
    this.#retry.unref();
  }

  async #openEngine(): Promise<Opened> {
    const { chooseModel, settings, notices } = this.#options;
    const model = await chooseModel();
    this.#model = model;
    const { mute = false, bypass = false } = this.#status.controls ?? {};
    const plan = planOpening(settings.current, model, { mute, bypass });
    for (const notice of plan.notices) notices.add(notice);
    try {
      return await this.#launch().open(plan.request);
    } catch (error) {
      if (!(error instanceof ResiduaError) || !REFUSED.includes(error.code)) throw error;
      notices.problem(
        {
          code: error.code,
          message: `A remembered control is not usable: ${error.message}`,
          hint: 'All controls are at their defaults.',
        },
        'warning',
      );
      return await this.#launch().open({ ...plan.request, controls: { mute, bypass } });
    }
  }

  #launch(): EngineSupervisor {
    const { launchEngine, cleanUp } = this.#options;
    const supervisor: EngineSupervisor = new EngineSupervisor({
      launch: launchEngine,
      cleanUp,
      onEvent: (event) => {
        if (this.#supervisor === supervisor) this.#take(event);
      },
      onRestarting: (problem) => {
        if (this.#supervisor !== supervisor) return;
        const state = this.#status.isOn ? 'recovering' : 'idle';
        this.#set({ engine: 'restarting', state, problem: toProblem(problem) });
      },
    });
    this.#supervisor = supervisor;
    return supervisor;
  }

  /** Ends the engine, keeps the switch where it is. */
  async #shut(): Promise<void> {
    const supervisor = this.#supervisor;
    this.#supervisor = undefined;
    await supervisor?.close();
    if (!this.#status.isRecording) return;
    this.#set({ isRecording: false });
    this.#options.recordingsChanged();
    this.#options.notices.add({
      level: 'info',
      code: 'recording-ended',
      message: 'Recording has ended, as the audio engine was started anew.',
    });
  }

  /** Sound that is wanted goes on in the engine that is open now. */
  async #startAgain(): Promise<void> {
    if (!this.#status.isOn || !this.#supervisor) return;
    try {
      await this.#supervisor.start();
    } catch (error) {
      this.#waitsForDevice = (error as ResiduaError).code === 'AUDIO_DEVICE_NOT_FOUND';
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#set({ isOn: this.#waitsForDevice, problem: toProblem(error) });
    this.#options.notices.problem(toProblem(error));
  }

  #take(event: SupervisorEvent): void {
    const { emit, notices, recordingsChanged } = this.#options;
    const notice = noticeOf(event);
    if (notice) notices.add(notice);
    switch (event.type) {
      case 'telemetry':
        this.#telemetry = event.telemetry;
        emit({ type: 'telemetry', telemetry: event.telemetry });
        break;
      case 'state':
        this.#set({ state: event.state, problem: event.problem });
        if (event.state === 'failed') this.#gaveUp();
        break;
      case 'controls':
        this.#controlsChanged(event.controls);
        break;
      case 'ended':
        this.#set({ isOn: false });
        break;
      case 'devices':
        emit({ type: 'devices', devices: event.devices });
        if (this.#waitsForDevice) void this.#tryAgain();
        break;
      case 'recording-started':
      case 'recording-ended':
        this.#set({ isRecording: event.type === 'recording-started' });
        recordingsChanged();
        break;
      case 'engine-restarted':
        this.#set({ engine: 'ready', problem: null });
        // It starts sound where it was on before; a failure may have turned it off since.
        if (!this.#status.isOn) void this.#supervisor?.stop().catch(() => undefined);
        recordingsChanged();
        break;
      case 'engine-lost':
        this.#set({ ...GONE, isOn: false, problem: toProblem(event.problem) });
        recordingsChanged();
        break;
      case 'log':
        this.#log.push(`${event.level}: ${event.message}`);
        if (this.#log.length > MAX_LOG) this.#log.shift();
        break;
      default:
    }
  }

  /** Sound has failed for good while it ran: nothing more comes by itself. */
  #gaveUp(): void {
    if (this.#waitsForDevice) return;
    this.#set({ isOn: false });
    if (this.#status.isRecording) void this.#stopRecording().catch(() => undefined);
  }

  async #tryAgain(): Promise<void> {
    await this.#turns.take(async () => {
      if (!this.#waitsForDevice || !this.#status.isOn) return;
      await this.#supervisor?.start().then(
        () => (this.#waitsForDevice = false),
        () => undefined, // still not there; the status says so
      );
    });
  }

  /** Also when the engine went back to the quantizer before, as one could not be loaded. */
  #controlsChanged(controls: LiveControls): void {
    this.#set({ controls });
    const { settings } = this.#options;
    const remembered = settings.current.controls;
    if (remembered.quantizer === null || remembered.quantizer === controls.quantizer) return;
    const { quantizer, codebooks } = controls;
    settings.remember({ controls: { quantizer, codebooks } });
  }

  #set(change: Partial<LiveStatus>): void {
    const next = { ...this.#status, ...change };
    if (JSON.stringify(next) === JSON.stringify(this.#status)) return;
    this.#status = next;
    if (!this.#isClosed) this.#options.emit({ type: 'status', status: next });
  }
}

/** What remains of an engine that is not there. */
const GONE = {
  engine: 'closed',
  state: 'failed',
  backend: null,
  virtualMicrophone: null,
  isRecording: false,
} as const satisfies Partial<LiveStatus>;
