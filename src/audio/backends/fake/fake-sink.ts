import type { Clock } from '../../../common/clock.ts';
import type { ResiduaError } from '../../../common/errors.ts';
import { samplesToMs } from '../../../common/units.ts';
import type { AudioDevice, AudioSink, SinkHandlers, StreamFormat } from '../../backend.ts';
import { deviceLost, deviceStalled } from '../../device-errors.ts';
import { DeviceClock } from './device-clock.ts';
import type { FakeDevice } from './device.ts';

/**
 * A running simulated loudspeaker. It plays block after block from a queue that is kept `queueBlocks`
 * full; where the queue is empty when a block is due, silence is played and counted.
 */
export class FakeSink implements AudioSink {
  readonly device: AudioDevice;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
  /** Blocks of silence played because nothing was queued. */
  underruns = 0;
  readonly #fake: FakeDevice;
  readonly #clock: Clock;
  readonly #onClose: () => void;
  #deviceClock: DeviceClock | undefined;
  #handlers: SinkHandlers | undefined;
  #driftPpm: number;
  #stalledUntilMs = -Infinity;
  #stallNoticeMs = Infinity;
  #open = true;
  #playedBlocks = 0;
  readonly #queue: Float32Array[] = [];
  readonly #spare: Float32Array[] = [];
  readonly #silent: Float32Array;

  constructor(format: StreamFormat, fake: FakeDevice, clock: Clock, onClose: () => void) {
    this.device = format.device;
    this.sampleRateHz = format.sampleRateHz;
    this.channels = format.channels;
    this.blockFrames = format.blockFrames;
    this.#driftPpm = fake.driftPpm;
    this.#fake = fake;
    this.#clock = clock;
    this.#onClose = onClose;
    this.#silent = new Float32Array(this.blockFrames * this.channels);
  }

  get latencyMs(): number {
    const playing = this.#deviceClock;
    if (playing === undefined || !this.#open) return this.#fake.latencyMs;
    const nowMs = this.#clock.nowMs();
    this.#play(playing, nowMs);
    // What is queued, and the rest of the block that plays now.
    const inBlock = this.#playedBlocks * this.blockFrames - playing.frameAt(nowMs);
    const frames = this.#queue.length * this.blockFrames + Math.max(0, inBlock);
    return this.#fake.latencyMs + samplesToMs(frames, this.sampleRateHz);
  }

  start(handlers: SinkHandlers): Promise<void> {
    if (this.#handlers !== undefined) return Promise.reject(new Error('a sink starts once'));
    if (!this.#open) return Promise.reject(new Error('the sink is closed'));
    this.#handlers = handlers;
    for (let i = 0; i < this.#fake.queueBlocks; i++) this.#queue.push(this.#silent.slice());
    this.#deviceClock = new DeviceClock(this.sampleRateHz, this.#driftPpm, this.#clock.nowMs());
    void this.#run(this.#deviceClock, handlers);
    return Promise.resolve();
  }

  /** What is queued counts as played at once: a simulation has nothing to wait for. */
  close(): Promise<void> {
    if (this.#open) {
      if (this.#deviceClock !== undefined) {
        this.#play(this.#deviceClock, this.#clock.nowMs());
        while (this.#queue.length > 0) this.#playBlock(this.#deviceClock);
      }
      this.#open = false;
      this.#onClose();
    }
    return Promise.resolve();
  }

  setDrift(driftPpm: number): void {
    this.#driftPpm = driftPpm;
    const nowMs = this.#clock.nowMs();
    if (this.#deviceClock === undefined) return;
    this.#play(this.#deviceClock, nowMs);
    this.#deviceClock.setDrift(driftPpm, nowMs);
  }

  /** Nothing is asked for before then; playback runs dry. */
  stall(untilMs: number, noticedAfterMs: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, untilMs);
    this.#stallNoticeMs = noticedAfterMs;
  }

  unplug(): void {
    this.#fail(deviceLost('output', this.device.name, 'it was unplugged'));
  }

  #fail(error: ResiduaError): void {
    if (!this.#open) return;
    if (this.#deviceClock !== undefined) this.#play(this.#deviceClock, this.#clock.nowMs());
    this.#open = false;
    this.#onClose();
    this.#handlers?.failed(error);
  }

  async #run(deviceClock: DeviceClock, handlers: SinkHandlers): Promise<void> {
    const { jitter, queueBlocks } = this.#fake;
    for (let round = 0; ; round++) {
      const late = Math.max(0, jitter(round));
      // Room for one block appears whenever one begins to play.
      const roomAtFrame = this.#playedBlocks * this.blockFrames;
      while (this.#open) {
        const dueMs = Math.max(deviceClock.timeOfFrame(roomAtFrame) + late, this.#stalledUntilMs);
        const waitMs = dueMs - this.#clock.nowMs();
        if (waitMs <= 0) break;
        const notice = this.#stalledUntilMs > this.#clock.nowMs() ? this.#stallNoticeMs : Infinity;
        await this.#clock.sleep(Math.min(waitMs, notice));
        if (notice < waitMs && this.#stalledUntilMs > this.#clock.nowMs()) {
          this.#fail(deviceStalled('output', this.device.name, notice));
        }
      }
      if (!this.#open) return;
      this.#play(deviceClock, this.#clock.nowMs());
      while (this.#open && this.#queue.length < queueBlocks) {
        const block = this.#spare.pop() ?? new Float32Array(this.blockFrames * this.channels);
        void handlers.pull(block, this.#clock.nowMs());
        this.#queue.push(block);
      }
    }
  }

  /** Plays every block whose time has come by `nowMs`. */
  #play(deviceClock: DeviceClock, nowMs: number): void {
    // A hair of tolerance: the sleep until a block's time may end a rounding error before it.
    const frame = deviceClock.frameAt(nowMs) + 1e-6;
    while (this.#playedBlocks * this.blockFrames <= frame) this.#playBlock(deviceClock);
  }

  #playBlock(deviceClock: DeviceClock): void {
    const block = this.#queue.shift();
    if (block === undefined) this.underruns++;
    const startFrame = this.#playedBlocks++ * this.blockFrames;
    this.#fake.listener(
      block ?? this.#silent,
      startFrame,
      this.channels,
      deviceClock.timeOfFrame(startFrame) + this.#fake.latencyMs,
    );
    if (block !== undefined) this.#spare.push(block);
  }
}
