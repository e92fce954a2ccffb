import { systemClock, type Clock } from '../common/clock.ts';
import type { AudioBackend, AudioDevice } from './backend.ts';
import { devicesFor } from './stream-request.ts';
import type { Direction } from './device-errors.ts';

/** What is different from the list before. Devices are the same when name and abilities are. */
export interface DeviceChange {
  readonly devices: readonly AudioDevice[];
  readonly added: readonly AudioDevice[];
  readonly removed: readonly AudioDevice[];
  /** Names of the former and the new default, where it changed; undefined: there was or is none. */
  readonly defaultInput?: { readonly from: string | undefined; readonly to: string | undefined };
  readonly defaultOutput?: { readonly from: string | undefined; readonly to: string | undefined };
}

export interface DeviceWatcherHandlers {
  changed(change: DeviceChange): void;
  /** The devices cannot be listed any more; once, until they can again. */
  failed?(error: unknown): void;
}

export interface DeviceWatcherOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * Time between two lists, ms. Default 5000, or 300,000 where the system tells of changes: a list made
   * in a fresh process costs a tenth of a second of one core, and the sound server's timing.
   */
  readonly intervalMs?: number;
}

/**
 * Notices devices that come, go, change their rate, or become the default, also while streams run.
 * @example
 * const watcher = new DeviceWatcher(backend, { changed: ({ removed }) => warn(removed) });
 * await watcher.start();
 */
export class DeviceWatcher {
  readonly #backend: AudioBackend;
  readonly #handlers: DeviceWatcherHandlers;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #devices: readonly AudioDevice[] = [];
  #endWatch: (() => void) | undefined;
  #running = false;
  #checking: Promise<void> | undefined;
  #checkAgain = false;
  #hasFailed = false;

  constructor(
    backend: AudioBackend,
    handlers: DeviceWatcherHandlers,
    options: DeviceWatcherOptions = {},
  ) {
    this.#backend = backend;
    this.#handlers = handlers;
    this.#clock = options.clock ?? systemClock;
    this.#intervalMs = options.intervalMs ?? (backend.watch === undefined ? 5000 : 300_000);
  }

  /** As of the last list. */
  get devices(): readonly AudioDevice[] {
    return this.#devices;
  }

  /** Takes the first list, to which later ones are compared. @throws as `AudioBackend.devices` */
  async start(): Promise<void> {
    this.#devices = await this.#backend.devices();
    this.#running = true;
    this.#endWatch = this.#backend.watch?.(() => void this.check());
    void this.#run();
  }

  stop(): void {
    this.#running = false;
    this.#endWatch?.();
  }

  /** Takes a list now. Never rejects: see `failed`. */
  check(): Promise<void> {
    // Notices that come while a list is taken may be newer than it.
    if (this.#checking !== undefined) {
      this.#checkAgain = true;
      return this.#checking;
    }
    this.#checking = this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#clock.sleep(this.#intervalMs);
      if (!this.#running) return;
      await this.check();
    }
  }

  async #check(): Promise<void> {
    do {
      this.#checkAgain = false;
      let devices: readonly AudioDevice[];
      try {
        devices = await this.#backend.devices();
      } catch (error) {
        if (this.#running && !this.#hasFailed) this.#handlers.failed?.(error);
        this.#hasFailed = true;
        return;
      }
      if (!this.#running) return;
      this.#hasFailed = false;
      const change = compareDevices(this.#devices, devices);
      this.#devices = devices;
      if (change !== undefined) this.#handlers.changed(change);
    } while (this.#checkAgain && this.#running);
  }
}

/** @returns what is different; undefined where nothing is */
export function compareDevices(
  before: readonly AudioDevice[],
  after: readonly AudioDevice[],
): DeviceChange | undefined {
  const known = new Set(before.map(identity));
  const present = new Set(after.map(identity));
  const added = after.filter((device) => !known.has(identity(device)));
  const removed = before.filter((device) => !present.has(identity(device)));
  const inputs = { from: defaultOf(before, 'input'), to: defaultOf(after, 'input') };
  const outputs = { from: defaultOf(before, 'output'), to: defaultOf(after, 'output') };
  const inputChanged = inputs.from !== inputs.to;
  const outputChanged = outputs.from !== outputs.to;
  if (added.length + removed.length === 0 && !inputChanged && !outputChanged) return undefined;
  return {
    devices: after,
    added,
    removed,
    ...(inputChanged ? { defaultInput: inputs } : {}),
    ...(outputChanged ? { defaultOutput: outputs } : {}),
  };
}

function identity(device: AudioDevice): string {
  const { hostApi, name, inputChannels, outputChannels, defaultSampleRateHz } = device;
  return JSON.stringify([hostApi, name, inputChannels, outputChannels, defaultSampleRateHz]);
}

function defaultOf(devices: readonly AudioDevice[], direction: Direction): string | undefined {
  return devicesFor(devices, direction).find((device) =>
    direction === 'input' ? device.isDefaultInput : device.isDefaultOutput,
  )?.name;
}
