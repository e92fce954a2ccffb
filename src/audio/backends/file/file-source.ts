import type { Clock } from '../../../common/clock.ts';
import type { AudioSource, SourceHandlers, StreamFormat } from '../../backend.ts';
import type { AudioReader } from '../../reader.ts';
import type { Pace } from './file-backend.ts';
import { FileStream } from './file-stream.ts';

/** A recording that plays as if it were a microphone. Its last block is filled up with silence. */
export class FileSource extends FileStream implements AudioSource {
  readonly lostFrames = 0;
  readonly #reader: AudioReader;
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
    super(format, pace, clock);
    this.#reader = reader;
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
      const startMs = this.clock.nowMs();
      let delivered = 0;
      for await (const samples of this.#blocks()) {
        await this.due(startMs, ++delivered);
        if (!this.#open) return;
        await this.taken(handlers.block(samples, this.clock.nowMs()));
        if (!this.#open) return;
      }
      handlers.ended?.();
    } catch (error) {
      if (!this.#open) return;
      handlers.failed(this.failure('input', error));
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
