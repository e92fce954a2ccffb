import { systemClock, type Clock } from '../../../common/clock.ts';
import type {
  AudioBackend,
  AudioDevice,
  AudioSink,
  AudioSource,
  StreamFormat,
  StreamRequest,
} from '../../backend.ts';
import {
  AudioDeviceError,
  deviceNotFound,
  deviceRefused,
  type Direction,
} from '../../device-errors.ts';
import { findDevice, resolveFormat } from '../../stream-request.ts';
import {
  completeDevice,
  describeDevice,
  type FakeDevice,
  type FakeDeviceOptions,
} from './device.ts';
import { FakeSink } from './fake-sink.ts';
import { FakeSource } from './fake-source.ts';

export interface FakeBackendOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** The first with inputs and the first with outputs are the defaults. */
  readonly devices?: readonly FakeDeviceOptions[];
  /** Seed of the random jitter. Default 1. */
  readonly seed?: number;
}

/**
 * Simulated sound devices, to be broken on command.
 * @example
 * const clock = new VirtualClock();
 * const backend = new FakeBackend({
 *   clock,
 *   devices: [
 *     { name: 'Mic', inputChannels: 1, driftPpm: 200, jitterMs: 3, signal: sine(440) },
 *     { name: 'Speakers', outputChannels: 2, defaultSampleRateHz: 44100 },
 *   ],
 * });
 * const mic = await backend.openSource({ device: 'Mic' });
 * await mic.start({ block, failed });
 * await clock.advance(1000); // 100 blocks of 480 frames
 * await backend.unplug('Mic'); // failed(AUDIO_DEVICE_LOST)
 */
export class FakeBackend implements AudioBackend {
  readonly id = 'fake';
  /** Sources and sinks that are open now, oldest first. */
  readonly sources: FakeSource[] = [];
  readonly sinks: FakeSink[] = [];
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #devices: FakeDevice[] = [];
  #defaultInput: string | undefined;
  #defaultOutput: string | undefined;
  #unavailable: string | undefined;

  constructor(options: FakeBackendOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#random = uniform(options.seed ?? 1);
    for (const device of options.devices ?? []) this.plug(device);
  }

  /** Connects a device, at the end of the list; one of the same name is replaced. */
  plug(options: FakeDeviceOptions): void {
    const device = completeDevice(options, this.#random);
    const at = this.#devices.findIndex(({ name }) => name === device.name);
    if (at >= 0) this.#devices.splice(at, 1);
    this.#devices.push(device);
  }

  /** Disconnects a device: its streams fail with AUDIO_DEVICE_LOST. */
  unplug(name: string): void {
    const at = this.#devices.findIndex((device) => device.name === name);
    if (at < 0) throw new RangeError(`no simulated device "${name}"`);
    this.#devices.splice(at, 1);
    for (const stream of this.#streamsOf(name)) stream.unplug();
  }

  /** Which device is the system's default from now on; undefined: the first of its direction. */
  setDefault(direction: Direction, name: string | undefined): void {
    if (direction === 'input') this.#defaultInput = name;
    else this.#defaultOutput = name;
  }

  /** Changes how far the clock of a device's running streams is off. */
  setDrift(name: string, driftPpm: number): void {
    for (const stream of this.#streamsOf(name)) stream.setDrift(driftPpm);
  }

  /**
   * The running streams of a device hand over nothing for a while.
   * @param noticedAfterMs a stall is reported as AUDIO_DEVICE_STALLED after that long; default never
   */
  stall(name: string, ms: number, noticedAfterMs = Infinity): void {
    const untilMs = this.#clock.nowMs() + ms;
    for (const stream of this.#streamsOf(name)) stream.stall(untilMs, noticedAfterMs);
  }

  /** The whole back end stops working, as without a sound server; undefined: it works again. */
  setUnavailable(why: string | undefined): void {
    this.#unavailable = why;
    if (why === undefined) return;
    for (const stream of [...this.sources, ...this.sinks]) stream.unplug();
  }

  devices(): Promise<readonly AudioDevice[]> {
    return promise(() => this.#list());
  }

  openSource(request: StreamRequest): Promise<AudioSource> {
    return promise(() => {
      const { format, fake } = this.#open('input', request);
      const source: FakeSource = new FakeSource(format, fake, this.#clock, () =>
        remove(this.sources, source),
      );
      this.sources.push(source);
      return source;
    });
  }

  openSink(request: StreamRequest): Promise<AudioSink> {
    return promise(() => {
      const { format, fake } = this.#open('output', request);
      const sink: FakeSink = new FakeSink(format, fake, this.#clock, () =>
        remove(this.sinks, sink),
      );
      this.sinks.push(sink);
      return sink;
    });
  }

  async dispose(): Promise<void> {
    for (const stream of [...this.sources, ...this.sinks]) await stream.close();
  }

  #list(): readonly AudioDevice[] {
    if (this.#unavailable !== undefined) {
      throw new AudioDeviceError('AUDIO_UNAVAILABLE', this.#unavailable);
    }
    const input = this.#defaultOf('input');
    const output = this.#defaultOf('output');
    return this.#devices.map((device) =>
      describeDevice(device, device === input, device === output),
    );
  }

  #defaultOf(direction: Direction): FakeDevice | undefined {
    const name = direction === 'input' ? this.#defaultInput : this.#defaultOutput;
    const able = this.#devices.filter((device) =>
      direction === 'input' ? device.inputChannels > 0 : device.outputChannels > 0,
    );
    return able.find((device) => device.name === name) ?? able[0];
  }

  #open(direction: Direction, request: StreamRequest): { format: StreamFormat; fake: FakeDevice } {
    const devices = this.#list();
    const device = findDevice(devices, direction, request.device);
    const format = resolveFormat(device, direction, request);
    const fake = this.#devices.find(({ name }) => name === device.name);
    if (fake === undefined) throw deviceNotFound(direction, device.name, devices);
    const { acceptedRatesHz, acceptedChannels } = fake;
    if (fake.busy) throw deviceRefused(direction, device.name, 'another program is using it');
    if (acceptedRatesHz.length > 0 && !acceptedRatesHz.includes(format.sampleRateHz)) {
      throw deviceRefused(direction, device.name, `not at ${format.sampleRateHz} Hz`);
    }
    if (acceptedChannels.length > 0 && !acceptedChannels.includes(format.channels)) {
      throw deviceRefused(direction, device.name, `not with ${format.channels} channels`);
    }
    return { format, fake };
  }

  #streamsOf(name: string): (FakeSource | FakeSink)[] {
    return [...this.sources, ...this.sinks].filter((stream) => stream.device.name === name);
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}

/** Runs now, and turns what is thrown into a rejection. */
function promise<T>(make: () => T): Promise<T> {
  return new Promise((resolve) => resolve(make()));
}

/** Mulberry32: enough for jitter, and the same on every machine. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
