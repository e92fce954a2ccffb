/**
 * Carries out the commands of the protocol: one live engine, its recorder, its virtual microphone. It knows
 * neither processes nor concrete back ends; `engine-main.ts` gives it both.
 */
import type { AudioBackend } from '../audio/backend.ts';
import { DeviceWatcher, type DeviceChange } from '../audio/device-watcher.ts';
import type { VirtualMicrophone } from '../audio/virtual-mic/virtual-microphone.ts';
import type { Clock } from '../common/clock.ts';
import { ResiduaError } from '../common/errors.ts';
import { toProblem } from '../common/problem.ts';
import { Turns } from '../common/turns.ts';
import { within } from '../common/within.ts';
import type { ModelManifest } from '../codec/manifest.ts';
import type { LiveEngine, LiveOptions } from '../engine/contract.ts';
import { Recorder } from '../engine/recorder/recorder.ts';
import type { RecordingSummary as Recording } from '../engine/recorder/recorder-options.ts';
import type {
  CommandArgument,
  CommandName,
  CommandResult,
  EngineEvent,
  Loopback,
  Opened,
  OpenRequest,
  RecordingSummary,
  RecordRequest,
} from '../ipc/engine-protocol.ts';
import { MAX_SNAPSHOT_S } from '../ipc/engine-protocol.ts';
import type { DevicesChange, LiveEvent } from '../ipc/live.ts';
import { measureLoopback } from './loopback.ts';
import { RecentSound } from './recent-sound.ts';

export interface ServiceDependencies {
  openBackend(request: OpenRequest): Promise<AudioBackend>;
  loadManifest(modelFolder: string): Promise<ModelManifest>;
  createEngine(options: LiveOptions, backend: AudioBackend): Promise<LiveEngine>;
  /** @throws ResiduaError with a hint where there can be none */
  openVirtualMicrophone(backend: AudioBackend): Promise<VirtualMicrophone>;
  emit(event: EngineEvent): void;
  /** Called when everything is loaded, just before devices are opened. */
  beforeSound?(): void;
  readonly clock: Clock;
}

interface Open {
  readonly engine: LiveEngine;
  readonly backend: AudioBackend;
  readonly manifest: ModelManifest;
  readonly virtualMicrophone: VirtualMicrophone | undefined;
  readonly recent: RecentSound;
}

interface ActiveRecording {
  readonly recorder: Recorder;
  readonly removeTap: () => void;
}

/** What `close` waits for the end of a recording. */
const RECORDING_END_MS = 1500;

export class EngineService {
  readonly #dependencies: ServiceDependencies;
  #open: Open | undefined;
  #watcher: DeviceWatcher | undefined;
  /** Devices asked for by name; the others are the system's defaults. */
  #named: DevicesChange = {};
  #recording: ActiveRecording | undefined;
  /** Of commands that change what runs. */
  readonly #turns = new Turns();
  #closing: Promise<RecordingSummary | null> | undefined;

  constructor(dependencies: ServiceDependencies) {
    this.#dependencies = dependencies;
  }

  /** @throws ResiduaError as the engine, `ENGINE_CLOSED`, `ENGINE_NOT_OPEN` */
  async handle<C extends CommandName>(
    command: C,
    argument: CommandArgument<C>,
  ): Promise<CommandResult<C>> {
    return (await this.#run(command, argument)) as CommandResult<C>;
  }

  #run(command: CommandName, argument: unknown): unknown {
    switch (command) {
      case 'open':
        return this.#inTurn(() => this.#openEngine(argument as OpenRequest));
      case 'warm':
        return this.#inTurn(() => this.#opened.engine.warm().then(() => null));
      case 'start':
        return this.#inTurn(async () => {
          const { engine } = this.#opened;
          await engine.warm();
          this.#dependencies.beforeSound?.();
          await engine.start();
          return null;
        });
      case 'stop':
        return this.#inTurn(() => this.#opened.engine.stop().then(() => null));
      case 'setDevices':
        return this.#inTurn(async () => {
          const devices = argument as DevicesChange;
          await this.#opened.engine.setDevices(this.#withMicrophone(devices));
          this.#named = { ...this.#named, ...stripUndefined(devices) };
          return null;
        });
      case 'update':
        this.#opened.engine.update(argument as CommandArgument<'update'>);
        return this.#opened.engine.controls;
      case 'telemetry':
        return this.#opened.engine.telemetry();
      case 'devices':
        return this.#opened.backend.devices();
      case 'record':
        return this.#inTurn(() => this.#record(argument as RecordRequest));
      case 'stopRecording':
        return this.#inTurn(() => this.#stopRecording());
      case 'snapshot': {
        const { recent, manifest } = this.#opened;
        const { seconds } = argument as CommandArgument<'snapshot'>;
        return { samples: recent.last(seconds), sampleRateHz: manifest.sampleRate };
      }
      case 'selfTest':
        return this.#inTurn(() => this.#selfTest());
      case 'close':
        return this.close();
    }
  }

  /** Ends sound and recording, takes the virtual microphone away. Safe to call twice; waits for nobody. */
  close(): Promise<RecordingSummary | null> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #opened(): Open {
    if (this.#closing) throw new ResiduaError('ENGINE_CLOSED', 'the engine is closing');
    if (!this.#open) throw new ResiduaError('ENGINE_NOT_OPEN', 'the engine has not been opened');
    return this.#open;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => {
      if (this.#closing) throw new ResiduaError('ENGINE_CLOSED', 'the engine is closing');
      return work();
    });
  }

  async #openEngine(request: OpenRequest): Promise<Opened> {
    if (this.#open) throw new ResiduaError('ENGINE_OPEN', 'the engine is open already');
    const { openBackend, loadManifest, createEngine, openVirtualMicrophone } = this.#dependencies;
    const manifest = await loadManifest(request.modelFolder);
    const backend = await openBackend(request);
    let virtualMicrophone: VirtualMicrophone | undefined;
    try {
      if (request.virtualMicrophone) virtualMicrophone = await openVirtualMicrophone(backend);
      const { modelFolder, provider, blockMs, controls, devices } = request;
      const options: LiveOptions = stripUndefined({
        modelFolder,
        provider,
        blockMs,
        controls: stripUndefined(controls),
        ...devices,
        ...(virtualMicrophone && { output: virtualMicrophone.outputDevice }),
      });
      const engine = await createEngine(options, backend);
      engine.onAny((event) => this.#dependencies.emit(event as LiveEvent));
      const recent = new RecentSound(MAX_SNAPSHOT_S);
      engine.addTap(recent);
      this.#open = { engine, backend, manifest, virtualMicrophone, recent };
      this.#named = devices;
      this.#watcher = await this.#watchDevices(this.#open);
      return {
        controls: engine.controls,
        backend: backend.id,
        virtualMicrophone: virtualMicrophone?.name ?? null,
      };
    } catch (error) {
      this.#open = undefined;
      await virtualMicrophone?.close().catch(() => undefined);
      await backend.dispose().catch(() => undefined);
      throw error;
    }
  }

  /** With a virtual microphone the output is fixed. */
  #withMicrophone(devices: DevicesChange): Parameters<LiveEngine['setDevices']>[0] {
    const microphone = this.#opened.virtualMicrophone;
    return stripUndefined({
      ...devices,
      ...(microphone && { output: microphone.outputDevice }),
    });
  }

  /** Tells which devices there are; goes along where the system's default is used and becomes another one. */
  async #watchDevices(open: Open): Promise<DeviceWatcher> {
    const { emit, clock } = this.#dependencies;
    const changed = (change: DeviceChange): void => {
      emit({ type: 'devices', devices: [...change.devices] });
      const input = this.#named.input === undefined ? change.defaultInput?.to : undefined;
      const isFixed = this.#named.output !== undefined || open.virtualMicrophone !== undefined;
      const output = isFixed ? undefined : change.defaultOutput?.to;
      if (input !== undefined) this.#follow('input', input);
      if (output !== undefined) this.#follow('output', output);
    };
    const watcher = new DeviceWatcher(open.backend, { changed }, { clock });
    await watcher.start();
    return watcher;
  }

  #follow(direction: 'input' | 'output', device: string): void {
    this.#inTurn(async () => {
      const { engine } = this.#opened;
      const isOn = engine.state === 'running' || engine.state === 'recovering';
      if (!isOn || engine.telemetry()[direction]?.name === device) return;
      await engine.setDevices({});
      this.#dependencies.emit({ type: 'default-followed', direction, device });
    }).catch(() => undefined); // it is `failed` then, and says so
  }

  /** Sound goes on afterwards as it was, also when the devices cannot be opened for the test. */
  async #selfTest(): Promise<Loopback> {
    const { engine, backend } = this.#opened;
    if (backend.id === 'file') {
      throw new ResiduaError('SELF_TEST_UNAVAILABLE', 'files do not hear what is played', {
        hint: 'Choose a sound system instead of files.',
      });
    }
    const wasOn = engine.state === 'running' || engine.state === 'recovering';
    if (wasOn) await engine.stop();
    try {
      return await measureLoopback(backend, this.#named, this.#dependencies.clock);
    } finally {
      if (wasOn && !this.#closing) await engine.start();
    }
  }

  async #record(request: RecordRequest): Promise<null> {
    if (this.#recording) {
      throw new ResiduaError('RECORDING_ACTIVE', 'a recording is running already', {
        hint: 'Stop it first.',
      });
    }
    const { engine, manifest } = this.#opened;
    const { folder, sampleFormat, reserveBytes } = request;
    const recorder = await Recorder.start({
      folder,
      manifest,
      quantizer: engine.controls.quantizer,
      ...stripUndefined({ sampleFormat, reserveBytes }),
      onEnd: (summary) => {
        if (this.#recording?.recorder === recorder) {
          this.#recording.removeTap();
          this.#recording = undefined;
        }
        this.#dependencies.emit({ type: 'recording-ended', recording: describe(summary) });
      },
    });
    this.#recording = { recorder, removeTap: engine.addTap(recorder) };
    this.#dependencies.emit({ type: 'recording-started', folder });
    return null;
  }

  async #stopRecording(): Promise<RecordingSummary | null> {
    const recording = this.#recording;
    if (!recording) return null;
    this.#recording = undefined;
    recording.removeTap();
    return describe(await recording.recorder.stop());
  }

  async #close(): Promise<RecordingSummary | null> {
    // The recording first: nothing below may cost what is in it. A disk that hangs may cost it, though.
    const stopped = this.#stopRecording().catch(() => null);
    const recording = await within(RECORDING_END_MS, stopped, null);
    this.#watcher?.stop();
    const open = this.#open;
    if (open) {
      await open.engine.dispose().catch(() => undefined);
      await open.virtualMicrophone?.close().catch(() => undefined);
      await open.backend.dispose().catch(() => undefined);
    }
    return recording;
  }
}

function describe(summary: Recording): RecordingSummary {
  const { folder, raw, enhanced, sidecar, sampleRateHz, seconds, bytes, lostHops, ended } = summary;
  const { problem } = summary;
  return {
    folder,
    raw,
    enhanced,
    sidecar,
    codes: summary.codes.map(({ path }) => path),
    sampleRateHz,
    seconds,
    bytes,
    lostHops,
    ended,
    problem: problem === null ? null : toProblem(problem),
  };
}

/** Optional fields that came as `undefined` through a validator are left out. */
function stripUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
