import type { ResiduaError } from '../../../common/errors.ts';
import type { AudioDevice, StreamFormat } from '../../backend.ts';
import type { AudioDeviceError } from '../../device-errors.ts';
import {
  deviceLost,
  deviceNotFound,
  deviceRefused,
  deviceStalled,
  type Direction,
} from '../../device-errors.ts';
import { explainRefusal } from './refusal.ts';
import { DeviceProcess } from './device-process.ts';
import type { OpenRequest, Reply } from './protocol.ts';
import type { Driver, StreamLimits, Target } from './target.ts';
import { Watchdog } from './watchdog.ts';

type State = 'opened' | 'starting' | 'running' | 'failed' | 'closed';

/** What sources and sinks have in common: one device process, its life and its death. */
export abstract class ProcessStream implements StreamFormat {
  readonly device: AudioDevice;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
  /** See {@link Target.pulseName}. */
  readonly pulseName: string | undefined;
  readonly #driver: Driver;
  readonly #target: Target;
  readonly #direction: Direction;
  readonly #limits: StreamLimits;
  readonly #onClosed: () => void;
  #state: State = 'opened';
  #process: DeviceProcess | undefined;
  #watchdog: Watchdog | undefined;
  #startFailed: ((error: ResiduaError) => void) | undefined;
  #closing: Promise<void> | undefined;

  protected constructor(
    direction: Direction,
    driver: Driver,
    target: Target,
    limits: StreamLimits,
    onClosed: () => void,
  ) {
    this.device = target.format.device;
    this.sampleRateHz = target.format.sampleRateHz;
    this.channels = target.format.channels;
    this.blockFrames = target.format.blockFrames;
    this.pulseName = target.pulseName;
    this.#direction = direction;
    this.#driver = driver;
    this.#target = target;
    this.#limits = limits;
    this.#onClosed = onClosed;
  }

  /** The stream is dead from now on; the caller hears of it once. */
  protected abstract fail(error: ResiduaError): void;
  /** A reply after the start. */
  protected abstract receive(reply: Reply): void;
  protected abstract receiveData(chunk: Buffer): void;

  protected get isLive(): boolean {
    return this.#state === 'starting' || this.#state === 'running';
  }

  /** Runs the process until it replies `until`. @throws AudioDeviceError */
  protected async run(leadMs: number, until: 'started' | 'playing'): Promise<void> {
    if (this.#state !== 'opened') throw new Error('a stream starts once, before it is closed');
    this.#state = 'starting';
    const request: OpenRequest = {
      type: this.#direction === 'input' ? 'source' : 'sink',
      device: this.#target.device,
      sampleRateHz: this.sampleRateHz,
      channels: this.channels,
      blockFrames: this.blockFrames,
      leadMs,
      env: this.#target.env,
    };
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#startFailed = reject;
        timer = setTimeout(
          () => reject(this.#refused(`it did not start within ${this.#limits.openMs} ms`)),
          this.#limits.openMs,
        );
        this.#process = new DeviceProcess(this.#driver.script, request, {
          reply: (reply) => {
            // ALSA's complaint comes through another pipe, and may be a moment behind.
            if (reply.type === 'failed') setTimeout(() => this.#died(this.#explain(reply)), 20);
            else if (reply.type === until) resolve();
            else this.receive(reply);
          },
          data: (chunk) => {
            this.#watchdog?.progress();
            this.receiveData(chunk);
          },
          ended: (how) => this.#died(this.#lost(`its process ended, ${how}`)),
        });
      });
    } catch (error) {
      this.#state = 'failed';
      await this.close();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#startFailed = undefined;
    }
    if (this.#state !== 'starting') throw this.#lost('it was closed while it started');
    this.#state = 'running';
    this.#watchdog = new Watchdog(this.#limits.stallMs, (silentMs) =>
      this.#died(deviceStalled(this.#direction, this.device.name, silentMs)),
    );
  }

  protected write(bytes: Uint8Array): void {
    this.#process?.write(bytes);
  }

  /** For the back end: the device is gone, although its stream may go on with another one. */
  lose(why: string): void {
    this.#died(this.#lost(why));
  }

  /** @param drainMs how long a sink may play on */
  protected closeProcess(drainMs: number): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  abstract close(): Promise<void>;

  async #close(drainMs: number): Promise<void> {
    const wasRunning = this.#state === 'running';
    this.#state = 'closed';
    this.#watchdog?.stop();
    this.#startFailed?.(this.#lost('it was closed while it started'));
    this.#onClosed();
    if (wasRunning && drainMs > 0) await this.#process?.close(drainMs);
    else await this.#process?.kill();
  }

  #died(error: ResiduaError): void {
    if (this.#startFailed !== undefined) {
      this.#startFailed(error);
      return;
    }
    if (this.#state !== 'running') return;
    this.#state = 'failed';
    this.#watchdog?.stop();
    void this.#process?.kill();
    this.fail(error);
  }

  #explain(reply: Reply & { type: 'failed' }): AudioDeviceError {
    if (this.#state === 'running') return this.#lost(reply.message);
    switch (reply.reason) {
      case 'missing':
        return this.#driver.explainLoadFailure(reply.message);
      case 'not-found':
        return this.#target.pulseName === undefined
          ? deviceNotFound(this.#direction, this.device.name, [])
          : this.#refused(reply.message);
      case 'refused':
        return this.#refused(reply.message);
    }
  }

  #refused(message: string): AudioDeviceError {
    const stderr = this.#process?.stderr ?? '';
    return (
      explainRefusal(stderr) ?? deviceRefused(this.#direction, this.device.name, message, stderr)
    );
  }

  #lost(why: string): AudioDeviceError {
    return deviceLost(this.#direction, this.device.name, why, this.#process?.stderr);
  }
}
