import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../common/clock.ts';
import { ResiduaError } from '../../../common/errors.ts';
import { samplesToMs } from '../../../common/units.ts';
import type { AudioDevice, AudioSource, SourceHandlers, StreamFormat } from '../../backend.ts';
import { deviceLost } from '../../device-errors.ts';
import type { AudioReader } from '../../reader.ts';
import type { Pace } from './file-backend.ts';

/** A recording that plays as if it were a microphone. Its last block is filled up with silence. */
export class FileSource implements AudioSource {
  readonly device: AudioDevice;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
  readonly latencyMs = 0;
  readonly lostFrames = 0;
  readonly #reader: AudioReader;
  readonly #pace: Pace;
  readonly #clock: Clock;
  readonly #onClosed: () => void;
  #started = false;
  #open = true;

  constructor(
    format: StreamFormat,
    reader: AudioReader,
    pace: Pace,
    clock: Clock,
    onClosed: () => void,
  ) {
    this.device = format.device;
    this.sampleRateHz = format.sampleRateHz;
    this.channels = format.channels;
    this.blockFrames = format.blockFrames;
    this.#reader = reader;
    this.#pace = pace;
    this.#clock = clock;
    this.#onClosed = onClosed;
  }

  start(handlers: SourceHandlers): Promise<void> {
    if (this.#started) return Promise.reject(new Error('a source starts once'));
    if (!this.#open) return Promise.reject(new Error('the source is closed'));
    this.#started = true;
    void this.#run(handlers);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#onClosed();
    await this.#reader.close();
  }

  async #run(handlers: SourceHandlers): Promise<void> {
    try {
      const startMs = this.#clock.nowMs();
      let delivered = 0;
      for await (const samples of this.#blocks()) {
        if (this.#pace === 'real-time') {
          const dueMs = startMs + samplesToMs(++delivered * this.blockFrames, this.sampleRateHz);
          // Also where it is behind: others get their turn.
          await this.#clock.sleep(dueMs - this.#clock.nowMs());
        } else {
          await nextTurn();
        }
        if (!this.#open) return;
        const taken = handlers.block(samples, this.#clock.nowMs());
        if (this.#pace === 'free') await taken;
        if (!this.#open) return;
      }
      handlers.ended?.();
    } catch (error) {
      if (!this.#open) return;
      const { name } = this.device;
      handlers.failed(
        error instanceof ResiduaError
          ? error
          : deviceLost('input', name, (error as Error).message, error),
      );
    }
  }

  /** Interleaved blocks of the announced length, all in one array. */
  async *#blocks(): AsyncGenerator<Float32Array> {
    const block = new Float32Array(this.blockFrames * this.channels);
    let filled = 0;
    for await (const planar of this.#reader.read()) {
      const frames = planar[0]!.length;
      for (let at = 0; at < frames;) {
        const take = Math.min(frames - at, this.blockFrames - filled);
        for (let c = 0; c < this.channels; c++) {
          const from = planar[c]!;
          for (let i = 0; i < take; i++) block[(filled + i) * this.channels + c] = from[at + i]!;
        }
        filled += take;
        at += take;
        if (filled < this.blockFrames) continue;
        yield block;
        filled = 0;
      }
    }
    if (filled > 0) {
      block.fill(0, filled * this.channels);
      yield block;
    }
  }
}
