import type { Clock } from '../../../common/clock.ts';
import type { AudioSink, SinkHandlers, StreamFormat } from '../../backend.ts';
import { WavWriter, type WavSampleFormat } from '../../wav-writer.ts';
import type { Pace } from './file-backend.ts';
import { FileStream } from './file-stream.ts';

/** A WAV file that takes sound as if it were a loudspeaker. It gets its name when it is closed. */
export class FileSink extends FileStream implements AudioSink {
  readonly underruns = 0;
  readonly #writer: WavWriter;
  readonly #onClosed: () => void;
  #started = false;
  #open = true;
  #failed = false;
  #writing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(
    format: StreamFormat,
    writer: WavWriter,
    pace: Pace,
    clock: Clock,
    onClosed: () => void,
  ) {
    super(format, pace, clock);
    this.#writer = writer;
    this.#onClosed = onClosed;
  }

  /** @throws AudioError AUDIO_OUTPUT */
  static async create(
    format: StreamFormat,
    sampleFormat: WavSampleFormat,
    pace: Pace,
    clock: Clock,
    onClosed: () => void,
  ): Promise<FileSink> {
    const writer = await WavWriter.create(format.device.name, {
      sampleRate: format.sampleRateHz,
      channels: format.channels,
      sampleFormat,
    });
    return new FileSink(format, writer, pace, clock, onClosed);
  }

  start(handlers: SinkHandlers): Promise<void> {
    if (this.#started) return Promise.reject(new Error('a sink starts once'));
    if (!this.#open) return Promise.reject(new Error('the sink is closed'));
    this.#started = true;
    void this.#run(handlers);
    return Promise.resolve();
  }

  /** Completes the file; without a start, or after a failure, there is none. @throws AudioError AUDIO_OUTPUT */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#open = false;
    this.#onClosed();
    try {
      await this.#writing;
      if (this.#started && !this.#failed) await this.#writer.commit();
    } finally {
      await this.#writer.abort();
    }
  }

  async #run(handlers: SinkHandlers): Promise<void> {
    const startMs = this.clock.nowMs();
    for (let block = 0; this.#open; block++) {
      const out = new Float32Array(this.blockFrames * this.channels);
      try {
        await this.due(startMs, block);
        if (!this.#open) return;
        await this.taken(handlers.pull(out, this.clock.nowMs()));
        if (!this.#open) return;
        this.#writing = this.#writer.write(this.#planar(out));
        await this.#writing;
      } catch (error) {
        this.#writing = Promise.resolve();
        if (!this.#open) return;
        this.#open = false;
        this.#failed = true;
        handlers.failed(this.failure('output', error));
      }
    }
  }

  #planar(interleaved: Float32Array): Float32Array[] {
    return Array.from({ length: this.channels }, (_, c) =>
      Float32Array.from(
        { length: this.blockFrames },
        (_, i) => interleaved[i * this.channels + c]!,
      ),
    );
  }
}
