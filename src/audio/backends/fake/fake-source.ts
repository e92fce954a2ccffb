import type { Clock } from '../../../common/clock.ts';
import type { ResiduaError } from '../../../common/errors.ts';
import type { AudioDevice, AudioSource, SourceHandlers, StreamFormat } from '../../backend.ts';
import { deviceLost, deviceStalled } from '../../device-errors.ts';
import { DeviceClock } from './device-clock.ts';
import type { FakeDevice } from './device.ts';

/** A running simulated microphone. */
export class FakeSource implements AudioSource {
  readonly device: AudioDevice;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
  readonly latencyMs: number;
  /** Frames the driver had to drop because nobody fetched them in time. */
  lostFrames = 0;
  readonly #fake: FakeDevice;
  readonly #clock: Clock;
  readonly #onClose: () => void;
  #deviceClock: DeviceClock | undefined;
  #handlers: SourceHandlers | undefined;
  #driftPpm: number;
  #stalledUntilMs = -Infinity;
  #stallNoticeMs = Infinity;
  #open = true;

  constructor(format: StreamFormat, fake: FakeDevice, clock: Clock, onClose: () => void) {
    this.device = format.device;
    this.sampleRateHz = format.sampleRateHz;
    this.channels = format.channels;
    this.blockFrames = format.blockFrames;
    this.latencyMs = fake.latencyMs;
    this.#driftPpm = fake.driftPpm;
    this.#fake = fake;
    this.#clock = clock;
    this.#onClose = onClose;
  }

  start(handlers: SourceHandlers): Promise<void> {
    if (this.#handlers !== undefined) return Promise.reject(new Error('a source starts once'));
    if (!this.#open) return Promise.reject(new Error('the source is closed'));
    this.#handlers = handlers;
    this.#deviceClock = new DeviceClock(this.sampleRateHz, this.#driftPpm, this.#clock.nowMs());
    void this.#run(this.#deviceClock, handlers);
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (this.#open) {
      this.#open = false;
      this.#onClose();
    }
    return Promise.resolve();
  }

  setDrift(driftPpm: number): void {
    this.#driftPpm = driftPpm;
    this.#deviceClock?.setDrift(driftPpm, this.#clock.nowMs());
  }

  /** No hand-over before then; the driver keeps what it has room for. */
  stall(untilMs: number, noticedAfterMs: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, untilMs);
    this.#stallNoticeMs = noticedAfterMs;
  }

  /** The device is pulled out. */
  unplug(): void {
    this.#fail(deviceLost('input', this.device.name, 'it was unplugged'));
  }

  #fail(error: ResiduaError): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onClose();
    this.#handlers?.failed(error);
  }

  async #run(deviceClock: DeviceClock, handlers: SourceHandlers): Promise<void> {
    const { latencyMs, driverBlocks, jitter, signal } = this.#fake;
    const samples = new Float32Array(this.blockFrames * this.channels);
    for (let block = 0; ; block++) {
      const startFrame = block * this.blockFrames;
      const endFrame = startFrame + this.blockFrames;
      const late = Math.max(0, jitter(block));
      // The time left is asked for again after each sleep: the drift may have changed meanwhile.
      while (this.#open) {
        const dueMs = Math.max(
          deviceClock.timeOfFrame(endFrame) + latencyMs + late,
          this.#stalledUntilMs,
        );
        const waitMs = dueMs - this.#clock.nowMs();
        if (waitMs <= 0) break;
        const notice = this.#stalledUntilMs > this.#clock.nowMs() ? this.#stallNoticeMs : Infinity;
        await this.#clock.sleep(Math.min(waitMs, notice));
        if (notice < waitMs && this.#stalledUntilMs > this.#clock.nowMs()) {
          this.#fail(deviceStalled('input', this.device.name, notice));
        }
      }
      if (!this.#open) return;
      const behind = deviceClock.frameAt(this.#clock.nowMs() - latencyMs) - endFrame;
      if (behind >= driverBlocks * this.blockFrames) {
        this.lostFrames += this.blockFrames;
        continue;
      }
      signal(
        samples,
        startFrame,
        this.channels,
        this.sampleRateHz,
        deviceClock.timeOfFrame(startFrame),
      );
      void handlers.block(samples, this.#clock.nowMs());
    }
  }
}
