import { ResiduaError } from '../../common/errors.ts';
import { pulseDevices } from '../pulse/pulse-devices.ts';
import { ServerWatch } from '../pulse/server-watch.ts';
import { guardModules } from './guard.ts';
import { ownSinkName } from './owner.ts';
import {
  feedName,
  load,
  loadedMicrophones,
  MICROPHONE_NAME,
  putDefaultsBack,
  removeLeftovers,
  serverDefaults,
  unload,
  type ServerDefaults,
} from './pulse-modules.ts';
import type { VirtualMicrophone } from './virtual-microphone.ts';

/** PipeWire may make a new source the default a moment after it appeared. */
const DEFAULTS_AGAIN_MS = [300, 1500];

let open: PulseMicrophone | undefined;

/** A virtual microphone in PulseAudio or in PipeWire's Pulse server. One per process. */
export class PulseMicrophone implements VirtualMicrophone {
  readonly name: string;
  readonly #sinkName: string;
  readonly #timers: NodeJS.Timeout[] = [];
  #outputDevice: string;
  readonly #dismissGuard: () => void;
  readonly #watch: ServerWatch;
  #ensuring: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(name: string, sinkName: string) {
    this.name = name;
    this.#sinkName = sinkName;
    this.#outputDevice = feedName(name);
    this.#dismissGuard = guardModules(sinkName);
    this.#watch = new ServerWatch({
      changed: () => {},
      returned: () => void this.ensure().catch(() => {}),
    });
  }

  /** Also removes leftovers of crashed runs. @throws PulseError, VIRTUAL_MIC_EXISTS */
  static async create(): Promise<PulseMicrophone> {
    if (open !== undefined) {
      throw new ResiduaError(
        'VIRTUAL_MIC_EXISTS',
        'this program has its virtual microphone already',
      );
    }
    await removeLeftovers();
    const others = (await loadedMicrophones()).length;
    const name = others === 0 ? MICROPHONE_NAME : `${MICROPHONE_NAME} ${others + 1}`;
    const microphone = new PulseMicrophone(name, ownSinkName());
    open = microphone;
    try {
      await microphone.#load();
    } catch (error) {
      await microphone.close();
      throw error;
    }
    return microphone;
  }

  get outputDevice(): string {
    return this.#outputDevice;
  }

  /** Loads it again where the sound server was restarted; it also does so by itself. @throws PulseError */
  ensure(): Promise<void> {
    this.#ensuring = this.#ensuring.then(
      () => this.#ensure(),
      () => this.#ensure(),
    );
    return this.#ensuring;
  }

  async #ensure(): Promise<void> {
    if (this.#closing !== undefined) return;
    const there = await loadedMicrophones();
    const own = there.find(({ sinkName }) => sinkName === this.#sinkName);
    if (own?.modules.length === 2) return;
    if (own !== undefined) await unload(own);
    await this.#load();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#watch.close();
    await this.#ensuring.catch(() => {});
    if (open === this) open = undefined;
    try {
      for (const loaded of await loadedMicrophones()) {
        if (loaded.sinkName === this.#sinkName) await unload(loaded);
      }
    } catch {
      // No server: nothing is loaded in it either.
    }
    this.#dismissGuard();
  }

  async #load(): Promise<void> {
    const before = await serverDefaults();
    await load(this.#sinkName, this.name, before.isPipeWire);
    await putDefaultsBack(before);
    this.#putDefaultsBackLater(before);
    const { devices } = await pulseDevices();
    const own = devices.find(({ pulseName }) => pulseName === this.#sinkName);
    if (own !== undefined) this.#outputDevice = own.name;
  }

  #putDefaultsBackLater(before: ServerDefaults): void {
    for (const afterMs of DEFAULTS_AGAIN_MS) {
      const timer = setTimeout(() => void putDefaultsBack(before).catch(() => {}), afterMs);
      timer.unref();
      this.#timers.push(timer);
    }
  }
}
