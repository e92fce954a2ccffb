import { fileURLToPath } from 'node:url';
import type {
  AudioBackend,
  AudioDevice,
  AudioSink,
  AudioSource,
  StreamRequest,
} from '../../backend.ts';
import { deviceNotFound, type Direction } from '../../device-errors.ts';
import { pulseDevices, type PulseDevice } from '../../pulse/pulse-devices.ts';
import { ServerWatch } from '../../pulse/server-watch.ts';
import { findDevice, resolveFormat } from '../../stream-request.ts';
import { enumerate } from './enumerate.ts';
import { ProcessSink } from './process-sink.ts';
import { ProcessSource } from './process-source.ts';
import { DEFAULT_LIMITS, type Driver, type StreamLimits, type Target } from './target.ts';

export interface ProcessBackendOptions {
  /** Whether devices are those of PulseAudio or PipeWire, where one runs, or ALSA's own. Default true. */
  readonly useSoundServer?: boolean;
  /** Sound kept ready at first for each output, ms; adapts to the jitter seen. Default 10. */
  readonly sinkLeadMs?: number;
  readonly limits?: Partial<StreamLimits>;
}

/** A device, and how a device process finds it. */
interface Listed {
  readonly device: AudioDevice;
  where(direction: Direction): Omit<Target, 'format'>;
}

/** Notices come in bursts: a list is taken again that long after the first. */
const SETTLE_MS = 150;

/**
 * Sound cards through a native library. Each stream runs in a process of its own, see `serve.mjs`. On
 * Linux with PulseAudio or PipeWire, devices are the sound server's sinks and sources, opened through
 * ALSA's plug-in; otherwise the library's own list.
 */
export class ProcessBackend implements AudioBackend {
  readonly id: string;
  readonly #driver: Driver;
  readonly #useSoundServer: boolean;
  readonly #sinkLeadMs: number;
  readonly #limits: StreamLimits;
  readonly #streams = new Set<ProcessSource | ProcessSink>();
  readonly #watchers = new Set<() => void>();
  #loads: Promise<void> | undefined;
  #listing: Promise<readonly Listed[]> | undefined;
  /** Only where a sound server tells of changes. */
  readonly watch?: (changed: () => void) => () => void;
  #serverWatch: ServerWatch | undefined;
  #recheck: NodeJS.Timeout | undefined;

  constructor(driver: Driver, options: ProcessBackendOptions = {}) {
    this.id = driver.id;
    this.#driver = driver;
    this.#useSoundServer = process.platform === 'linux' && (options.useSoundServer ?? true);
    this.#sinkLeadMs = options.sinkLeadMs ?? 10;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    if (this.#useSoundServer) this.watch = (changed) => this.#watch(changed);
  }

  async devices(): Promise<readonly AudioDevice[]> {
    return (await this.#list()).map(({ device }) => device);
  }

  async openSource(request: StreamRequest): Promise<AudioSource> {
    const target = await this.#target('input', request);
    const deviceMs = target.pulseName === undefined ? 0 : this.#driver.heldMs.source;
    const source: ProcessSource = new ProcessSource(
      this.#driver,
      target,
      this.#limits,
      deviceMs,
      () => this.#closed(source),
    );
    this.#opened(source);
    return source;
  }

  async openSink(request: StreamRequest): Promise<AudioSink> {
    const target = await this.#target('output', request);
    const deviceMs = target.pulseName === undefined ? 0 : this.#driver.heldMs.sink;
    const sink: ProcessSink = new ProcessSink(
      this.#driver,
      target,
      this.#limits,
      this.#sinkLeadMs,
      deviceMs,
      () => this.#closed(sink),
    );
    this.#opened(sink);
    return sink;
  }

  async dispose(): Promise<void> {
    this.#watchers.clear();
    await Promise.all([...this.#streams].map((stream) => stream.close()));
    this.#watchServer();
  }

  async #target(direction: Direction, request: StreamRequest): Promise<Target> {
    // A source and a sink opened together need one list.
    this.#listing ??= this.#list().finally(() => (this.#listing = undefined));
    const entries = await this.#listing;
    const devices = entries.map(({ device }) => device);
    const device = findDevice(devices, direction, request.device);
    const wanted = resolveFormat(device, direction, request);
    const most = direction === 'input' ? this.#driver.maxSourceChannels : Infinity;
    const format = { ...wanted, channels: Math.min(wanted.channels, most) };
    const entry = entries.find((candidate) => candidate.device === device);
    if (entry === undefined) throw deviceNotFound(direction, device.name, devices);
    return { format, ...entry.where(direction) };
  }

  async #list(): Promise<readonly Listed[]> {
    const pulse = await this.#pulse();
    if (pulse !== undefined) {
      // The server's list says nothing about the library, and without it no device opens.
      this.#loads ??= enumerate(this.#driver, serverEnv('')).then(() => undefined);
      this.#loads.catch(() => (this.#loads = undefined));
      await this.#loads;
      return pulse.map(({ pulseName, monitorOf: _, ...device }) => ({
        device,
        where: () => ({
          device: { name: 'default', hostApi: 'ALSA', occurrence: 0 },
          env: serverEnv(pulseName),
          pulseName,
        }),
      }));
    }
    return (await enumerate(this.#driver, {})).map(({ device, key }) => ({
      device,
      where: (direction) => ({ device: key[direction], env: {} }),
    }));
  }

  async #pulse(): Promise<readonly PulseDevice[] | undefined> {
    if (!this.#useSoundServer) return undefined;
    try {
      return (await pulseDevices()).devices;
    } catch {
      return undefined; // no sound server: ALSA's devices
    }
  }

  #opened(stream: ProcessSource | ProcessSink): void {
    this.#streams.add(stream);
    this.#watchServer();
  }

  #closed(stream: ProcessSource | ProcessSink): void {
    this.#streams.delete(stream);
    this.#watchServer();
  }

  #watch(changed: () => void): () => void {
    const watcher = (): void => changed();
    this.#watchers.add(watcher);
    this.#watchServer();
    return () => {
      this.#watchers.delete(watcher);
      this.#watchServer();
    };
  }

  /** Listens to the server while anyone has a use for it. */
  #watchServer(): void {
    const wanted =
      this.#watchers.size > 0 || [...this.#streams].some((s) => s.pulseName !== undefined);
    if (wanted) {
      this.#serverWatch ??= new ServerWatch({ changed: () => this.#changed() });
      return;
    }
    this.#serverWatch?.close();
    this.#serverWatch = undefined;
    clearTimeout(this.#recheck);
    this.#recheck = undefined;
  }

  /** The server moves the streams of a sink or source that goes to another one, and tells nobody. */
  #changed(): void {
    if (this.#recheck !== undefined) return;
    this.#recheck = setTimeout(() => void this.#dropOrphans(), SETTLE_MS);
    this.#recheck.unref();
  }

  async #dropOrphans(): Promise<void> {
    this.#recheck = undefined;
    const streams = [...this.#streams].filter(({ pulseName }) => pulseName !== undefined);
    if (streams.length > 0) {
      const there = await this.#pulse();
      for (const stream of streams) {
        if (there === undefined) stream.lose('the sound server does not answer');
        else if (!there.some(({ pulseName }) => pulseName === stream.pulseName)) {
          stream.lose('it was unplugged');
        }
      }
    }
    for (const watcher of this.#watchers) watcher();
  }
}

/** Makes one sink or source of the sound server the only ALSA device of a process. */
function serverEnv(pulseName: string): Record<string, string> {
  return {
    ALSA_CONFIG_PATH: fileURLToPath(new URL('./pulse.conf', import.meta.url)),
    RESIDUA_PULSE_DEVICE: pulseName,
  };
}
