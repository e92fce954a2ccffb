import { createHash } from 'node:crypto';
import { AtomicFile, type FileTarget } from './atomic-file.ts';
import { createFlacEncoder, type FlacEncoder } from './flac-encoder.ts';

export interface FlacWriterOptions {
  /** Hz. */
  readonly sampleRate: number;
  /** 1–8. */
  readonly channels: number;
}

const FULL_SCALE = 8388608;
const BYTES_PER_SAMPLE = 3;
/** Samples per channel that are encoded at a time. */
const PIECE_FRAMES = 4096;

// Places in the file, behind 'fLaC' and the head of the STREAMINFO block (RFC 9639 §8.2).
const FRAME_SIZES_AT = 8 + 4;
const TOTAL_SAMPLES_AT = 8 + 13;
const MD5_AT = 8 + 18;

/** Streams planar float blocks into a 24-bit FLAC file, in constant memory. */
export class FlacWriter {
  /** Samples per channel written so far. */
  frames = 0;
  /** Samples beyond full scale, which were clipped. */
  clipped = 0;
  readonly #file: AtomicFile;
  readonly #channels: number;
  readonly #encoder: FlacEncoder;
  readonly #md5 = createHash('md5');
  readonly #codes: Int32Array<ArrayBuffer>;
  readonly #bytes: Uint8Array;
  #encoded: Uint8Array[] = [];
  #smallestFrame = Infinity;
  #largestFrame = 0;
  #streamInfo: Uint8Array = new Uint8Array(0);

  private constructor(file: AtomicFile, encoder: FlacEncoder, channels: number) {
    this.#file = file;
    this.#encoder = encoder;
    this.#channels = channels;
    this.#codes = new Int32Array(PIECE_FRAMES * channels);
    this.#bytes = new Uint8Array(PIECE_FRAMES * channels * BYTES_PER_SAMPLE);
  }

  /**
   * @param to final name; nothing appears there before `commit`
   * @throws AudioError AUDIO_OUTPUT; ResiduaError FLAC_ENCODER
   */
  static async create(
    to: string | FileTarget,
    { sampleRate, channels }: FlacWriterOptions,
  ): Promise<FlacWriter> {
    const file = await AtomicFile.create(to);
    let writer: FlacWriter | undefined;
    const early: [Uint8Array, number][] = [];
    try {
      const encoder = await createFlacEncoder({
        sampleRate,
        channels,
        bitDepth: 24,
        // The header comes while the encoder is being made.
        onBytes: (bytes, samples) => {
          if (writer) writer.#take(bytes, samples);
          else early.push([bytes, samples]);
        },
      });
      writer = new FlacWriter(file, encoder, channels);
      for (const [bytes, samples] of early) writer.#take(bytes, samples);
      await writer.#drain();
      return writer;
    } catch (error) {
      await file.abort();
      throw error;
    }
  }

  /** The final name; with `keepExisting` known only after `commit`. */
  get path(): string {
    return this.#file.path;
  }

  /** @param block one array per channel, all of one length; nominal range −1…1 */
  async write(block: readonly Float32Array[]): Promise<void> {
    const channels = this.#channels;
    if (block.length !== channels) {
      throw new RangeError(`${block.length} channels given to a ${channels}-channel writer`);
    }
    const count = block[0]!.length;
    for (let at = 0; at < count; at += PIECE_FRAMES) {
      const frames = Math.min(PIECE_FRAMES, count - at);
      for (let c = 0; c < channels; c++) this.#quantize(block[c]!, at, frames, c);
      const samples = frames * channels;
      this.#md5.update(this.#bytes.subarray(0, samples * BYTES_PER_SAMPLE));
      this.#encoder.encode(this.#codes.subarray(0, samples));
      await this.#drain();
    }
    this.frames += count;
  }

  /** Completes the header and gives the file its name. */
  async commit(): Promise<void> {
    this.#encoder.finish();
    this.#encoder.dispose();
    await this.#drain();
    await this.#completeHeader();
    await this.#file.commit();
  }

  /** Removes what was written. Safe after `commit`. */
  async abort(): Promise<void> {
    this.#encoder.dispose();
    await this.#file.abort();
  }

  /** As integers for the encoder, and as bytes for the MD5 sum: interleaved, little-endian. */
  #quantize(samples: Float32Array, from: number, frames: number, channel: number): void {
    const codes = this.#codes;
    const bytes = this.#bytes;
    for (let i = 0, at = channel; i < frames; i++, at += this.#channels) {
      const value = samples[from + i]!;
      let code = Math.round(value * FULL_SCALE);
      if (code > FULL_SCALE - 1 || code < -FULL_SCALE) {
        if (value > 1 || value < -1) this.clipped++;
        code = code > 0 ? FULL_SCALE - 1 : -FULL_SCALE;
      }
      codes[at] = code;
      const place = at * BYTES_PER_SAMPLE;
      bytes[place] = code;
      bytes[place + 1] = code >> 8;
      bytes[place + 2] = code >> 16;
    }
  }

  #take(bytes: Uint8Array, frameSamples: number): void {
    this.#encoded.push(bytes);
    if (frameSamples === 0) return;
    this.#smallestFrame = Math.min(this.#smallestFrame, bytes.length);
    this.#largestFrame = Math.max(this.#largestFrame, bytes.length);
  }

  async #drain(): Promise<void> {
    const encoded = this.#encoded;
    this.#encoded = [];
    for (const bytes of encoded) {
      // 'fLaC' and STREAMINFO come alone, each in a piece of its own, before everything else.
      if (this.#file.bytesWritten === 4) this.#streamInfo = bytes.slice(4);
      await this.#file.append(bytes);
    }
  }

  /** libFLAC would seek back for this. */
  async #completeHeader(): Promise<void> {
    const sizes = new Uint8Array(6);
    const smallest = Number.isFinite(this.#smallestFrame) ? this.#smallestFrame : 0;
    [smallest, this.#largestFrame].forEach((size, i) => {
      sizes.set([(size >> 16) & 255, (size >> 8) & 255, size & 255], 3 * i);
    });
    // 36 bits, of which the upper four share a byte with the bit depth.
    const total = new DataView(new ArrayBuffer(5));
    total.setUint8(0, (this.#streamInfo[13]! & 0xf0) | Math.floor(this.frames / 2 ** 32));
    total.setUint32(1, this.frames % 2 ** 32);
    await this.#file.writeAt(FRAME_SIZES_AT, sizes);
    await this.#file.writeAt(TOTAL_SAMPLES_AT, new Uint8Array(total.buffer));
    await this.#file.writeAt(MD5_AT, this.#md5.digest());
  }
}
