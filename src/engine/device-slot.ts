/**
 * One device of the engine, input or output: opened, watched, and when it is lost looked for by its name
 * until it is back, at whatever index and rate.
 */
import type { AudioSink, AudioSource, StreamFormat, StreamRequest } from '../audio/backend.ts';
import type { Clock } from '../common/clock.ts';
import { ResiduaError } from '../common/errors.ts';
import type { DeviceTelemetry } from './contract.ts';

/** Pauses between attempts to open a lost device. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** A stream without any progress for so long is as good as lost. */
export const SILENT_MS = 1500;
const LOWEST_RATE_HZ = 8000;
const HIGHEST_RATE_HZ = 192_000;

export type Direction = 'input' | 'output';
type Stream = AudioSource | AudioSink;

export interface SlotOptions<S extends Stream> {
  readonly direction: Direction;
  readonly clock: Clock;
  open(request: StreamRequest): Promise<S>;
  /** Starts the stream; its handlers call `progress` and `lose`. Runs before any sound comes. */
  start(stream: S): Promise<void>;
  /** The stream will not go on. It is closed already when it was lost. */
  stopped(): void;
  lost(device: string, error: ResiduaError): void;
  back(device: DeviceTelemetry, afterMs: number): void;
}

export class DeviceSlot<S extends Stream> {
  readonly #options: SlotOptions<S>;
  #request: StreamRequest = {};
  #stream: S | undefined;
  /** Counts openings and closings: whoever waits and finds it changed gives up. */
  #generation = 0;
  #lostAtMs: number | undefined;
  #progressAtMs = 0;
  #name = '';

  constructor(options: SlotOptions<S>) {
    this.#options = options;
  }

  get stream(): S | undefined {
    return this.#stream;
  }

  get isLost(): boolean {
    return this.#lostAtMs !== undefined;
  }

  get device(): DeviceTelemetry | null {
    return this.#stream ? describe(this.#stream) : null;
  }

  /** @throws ResiduaError as the back end, AUDIO_DEVICE_REFUSED for rates out of range */
  async open(request: StreamRequest): Promise<void> {
    this.#request = request;
    this.#lostAtMs = undefined;
    const generation = ++this.#generation;
    await this.#tryOpen(generation);
  }

  /** Never hangs and never throws: a device that cannot be closed is the back end's to report. */
  async close(): Promise<void> {
    this.#generation += 1;
    this.#lostAtMs = undefined;
    await this.#release();
  }

  /** Something came, or was asked for. */
  progress(): void {
    this.#progressAtMs = this.#options.clock.nowMs();
  }

  /** For a look now and then: loses a stream that stands still. */
  checkProgress(nowMs: number): void {
    if (!this.#stream || nowMs - this.#progressAtMs < SILENT_MS) return;
    const { direction } = this.#options;
    this.lose(
      new ResiduaError(
        'AUDIO_DEVICE_STALLED',
        `${direction} "${this.#name}" has made no progress for ${SILENT_MS} ms`,
      ),
    );
  }

  /** The stream is dead: closes it and looks for the device until `close`. */
  lose(error: ResiduaError): void {
    if (!this.#stream) return;
    const generation = ++this.#generation;
    this.#lostAtMs = this.#options.clock.nowMs();
    const released = this.#release();
    this.#options.lost(this.#name, error);
    void released.then(() => this.#recover(generation));
  }

  async #recover(generation: number): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (this.#generation === generation) {
      await this.#options.clock.sleep(pauseMs);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      if (this.#generation !== generation) return;
      try {
        await this.#tryOpen(generation);
      } catch {
        continue; // Not there yet, or refused: the loss itself was reported.
      }
      if (this.#generation !== generation || this.#lostAtMs === undefined) return;
      const afterMs = this.#options.clock.nowMs() - this.#lostAtMs;
      this.#lostAtMs = undefined;
      this.#options.back(this.device!, afterMs);
      return;
    }
  }

  async #tryOpen(generation: number): Promise<void> {
    const stream = await this.#options.open(this.#request);
    const { sampleRateHz, device } = stream;
    if (this.#generation !== generation) {
      await stream.close();
      return;
    }
    if (!(
      sampleRateHz >= LOWEST_RATE_HZ &&
      sampleRateHz <= HIGHEST_RATE_HZ &&
      Number.isInteger(sampleRateHz)
    )) {
      await stream.close();
      throw new ResiduaError(
        'AUDIO_DEVICE_REFUSED',
        `"${device.name}" runs at ${sampleRateHz} Hz, outside ${LOWEST_RATE_HZ} to ${HIGHEST_RATE_HZ}`,
        { hint: 'Ask for another rate or device.' },
      );
    }
    this.#stream = stream;
    this.#name = device.name;
    this.progress();
    try {
      await this.#options.start(stream);
    } catch (error) {
      if (this.#stream === stream) await this.#release();
      throw error;
    }
  }

  async #release(): Promise<void> {
    const stream = this.#stream;
    if (!stream) return;
    this.#stream = undefined;
    this.#options.stopped();
    await stream.close().catch(() => undefined);
  }
}

function describe(stream: StreamFormat): DeviceTelemetry {
  const { device, sampleRateHz, channels, blockFrames } = stream;
  return { name: device.name, hostApi: device.hostApi, sampleRateHz, channels, blockFrames };
}
