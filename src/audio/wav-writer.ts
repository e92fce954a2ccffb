import { AtomicFile, type FileTarget } from './atomic-file.ts';
import { putSample, RF64_FROM_BYTES, SAMPLE_BYTES, wavHeader } from './wav-encoding.ts';
import type { WavEncoding, WavSampleFormat } from './wav-encoding.ts';

export type { WavSampleFormat } from './wav-encoding.ts';

export interface WavWriterOptions {
  /** Hz. */
  sampleRate: number;
  /** 1–8. */
  channels: number;
  /** Default '16'. Integer formats round to nearest and clip at full scale; no dither. */
  sampleFormat?: WavSampleFormat;
  /** Data size in bytes from which RF64 is written instead of RIFF. Default 4 GiB − 1024. */
  rf64FromBytes?: number;
}

const PENDING_BYTES = 1 << 18;

/** Streams planar float blocks into a WAV file. */
export class WavWriter {
  readonly sampleFormat: WavSampleFormat;
  /** Samples per channel written so far. */
  frames = 0;
  /** Samples an integer format had to clip. */
  clipped = 0;
  readonly #file: AtomicFile;
  readonly #channels: number;
  readonly #encoding: WavEncoding;
  #pending = new Uint8Array(PENDING_BYTES);
  #pendingBytes = 0;

  private constructor(file: AtomicFile, options: WavWriterOptions) {
    this.#file = file;
    this.#channels = options.channels;
    this.sampleFormat = options.sampleFormat ?? '16';
    this.#encoding = {
      sampleRate: options.sampleRate,
      channels: options.channels,
      sampleFormat: this.sampleFormat,
      rf64FromBytes: options.rf64FromBytes ?? RF64_FROM_BYTES,
    };
  }

  /**
   * @param to final name; nothing appears there before `commit`
   * @throws AudioError AUDIO_OUTPUT
   */
  static async create(to: string | FileTarget, options: WavWriterOptions): Promise<WavWriter> {
    const file = await AtomicFile.create(to);
    const writer = new WavWriter(file, options);
    await file.append(wavHeader(writer.#encoding, 0));
    return writer;
  }

  /** The final name; with `keepExisting` known only after `commit`. */
  get path(): string {
    return this.#file.path;
  }

  /** @param block one array per channel, all of one length; nominal range −1…1 */
  async write(block: readonly Float32Array[]): Promise<void> {
    if (block.length !== this.#channels) {
      throw new RangeError(`${block.length} channels given to a ${this.#channels}-channel writer`);
    }
    const count = block[0]!.length;
    const bytes = SAMPLE_BYTES[this.sampleFormat];
    const frameBytes = bytes * this.#channels;
    for (let at = 0; at < count;) {
      const room = Math.floor((PENDING_BYTES - this.#pendingBytes) / frameBytes);
      const take = Math.min(room, count - at);
      const data = new DataView(this.#pending.buffer, this.#pendingBytes, take * frameBytes);
      for (let c = 0; c < this.#channels; c++) {
        const samples = block[c]!;
        for (let i = 0; i < take; i++) {
          const offset = i * frameBytes + c * bytes;
          if (putSample(data, offset, samples[at + i]!, this.sampleFormat)) this.clipped++;
        }
      }
      this.#pendingBytes += take * frameBytes;
      at += take;
      if (PENDING_BYTES - this.#pendingBytes < frameBytes) await this.#drain();
    }
    this.frames += count;
  }

  /** Completes the header and gives the file its name. */
  async commit(): Promise<void> {
    await this.#drain();
    const dataBytes = this.frames * this.#channels * SAMPLE_BYTES[this.sampleFormat];
    if (dataBytes % 2 === 1) await this.#file.append(new Uint8Array(1));
    await this.#file.writeAt(0, wavHeader(this.#encoding, this.frames));
    await this.#file.commit();
  }

  /** Removes what was written. Safe after `commit`. */
  async abort(): Promise<void> {
    await this.#file.abort();
  }

  async #drain(): Promise<void> {
    const bytes = this.#pending.subarray(0, this.#pendingBytes);
    this.#pending = new Uint8Array(PENDING_BYTES);
    this.#pendingBytes = 0;
    await this.#file.append(bytes);
  }
}
