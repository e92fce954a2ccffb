import { AtomicFile } from './atomic-file.ts';

/** Sample coding of written WAV files: 16- or 24-bit integers, or 32-bit float. */
export type WavSampleFormat = '16' | '24' | 'float';

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

const SAMPLE_BYTES: Record<WavSampleFormat, number> = { '16': 2, '24': 3, float: 4 };
const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_EXTENSIBLE = 0xfffe;
/** Tail of every KSDATAFORMAT_SUBTYPE GUID. */
const GUID_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
const PENDING_BYTES = 1 << 18;

/** Streams planar float blocks into a WAV file. */
export class WavWriter {
  readonly sampleFormat: WavSampleFormat;
  /** The final name. */
  readonly path: string;
  /** Samples per channel written so far. */
  frames = 0;
  /** Samples an integer format had to clip. */
  clipped = 0;
  readonly #file: AtomicFile;
  readonly #channels: number;
  readonly #sampleRate: number;
  readonly #rf64FromBytes: number;
  #pending = new Uint8Array(PENDING_BYTES);
  #pendingBytes = 0;

  private constructor(file: AtomicFile, options: WavWriterOptions) {
    this.#file = file;
    this.path = file.path;
    this.#channels = options.channels;
    this.#sampleRate = options.sampleRate;
    this.sampleFormat = options.sampleFormat ?? '16';
    this.#rf64FromBytes = options.rf64FromBytes ?? 0xffffffff - 1024;
  }

  /**
   * @param path final name; nothing appears there before `commit`
   * @throws AudioError AUDIO_OUTPUT
   */
  static async create(path: string, options: WavWriterOptions): Promise<WavWriter> {
    const file = await AtomicFile.create(path);
    const writer = new WavWriter(file, options);
    await file.append(writer.#header(0));
    return writer;
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
          this.#put(data, i * frameBytes + c * bytes, samples[at + i]!);
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
    await this.#file.writeAt(0, this.#header(dataBytes));
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

  #put(data: DataView, offset: number, value: number): void {
    if (this.sampleFormat === 'float') {
      data.setFloat32(offset, value, true);
      return;
    }
    const scale = this.sampleFormat === '16' ? 32768 : 8388608;
    let code = Math.round(value * scale);
    if (code > scale - 1 || code < -scale) {
      // Rounding +1.0 down to the largest code loses nothing audible; anything beyond is clipping.
      if (value > 1 || value < -1) this.clipped++;
      code = code > 0 ? scale - 1 : -scale;
    }
    if (scale === 32768) {
      data.setInt16(offset, code, true);
    } else {
      data.setUint16(offset, code & 0xffff, true);
      data.setInt8(offset + 2, code >> 16);
    }
  }

  /** RIFF header with a JUNK chunk where RF64 needs its ds64 (EBU Tech 3306). */
  #header(dataBytes: number): Uint8Array {
    const bytesPerSample = SAMPLE_BYTES[this.sampleFormat];
    const isFloat = this.sampleFormat === 'float';
    const extensible = this.#channels > 2 || this.sampleFormat === '24';
    const formatBytes = extensible ? 40 : 16;
    const factBytes = isFloat ? 12 : 0;
    const total = 12 + 36 + 8 + formatBytes + factBytes + 8;
    const header = new Uint8Array(total);
    const data = new DataView(header.buffer);
    let at = 0;
    const text = (id: string): void => {
      for (const char of id) header[at++] = char.charCodeAt(0);
    };
    const u16 = (value: number): void => void (data.setUint16(at, value, true), (at += 2));
    const u32 = (value: number): void => void (data.setUint32(at, value, true), (at += 4));
    const u64 = (value: number): void =>
      void (data.setBigUint64(at, BigInt(value), true), (at += 8));

    const riffBytes = total - 8 + dataBytes + (dataBytes % 2);
    const long = dataBytes >= this.#rf64FromBytes;
    text(long ? 'RF64' : 'RIFF');
    u32(long ? 0xffffffff : riffBytes);
    text('WAVE');
    text(long ? 'ds64' : 'JUNK');
    u32(28);
    u64(long ? riffBytes : 0);
    u64(long ? dataBytes : 0);
    u64(long ? this.frames : 0);
    u32(0);
    text('fmt ');
    u32(formatBytes);
    const tag = isFloat ? FORMAT_FLOAT : FORMAT_PCM;
    u16(extensible ? FORMAT_EXTENSIBLE : tag);
    u16(this.#channels);
    u32(this.#sampleRate);
    u32(this.#sampleRate * this.#channels * bytesPerSample);
    u16(this.#channels * bytesPerSample);
    u16(bytesPerSample * 8);
    if (extensible) {
      u16(22);
      u16(bytesPerSample * 8);
      u32(0); // speaker positions: not said, because they are not known
      u16(tag);
      for (const byte of GUID_TAIL) header[at++] = byte;
    }
    if (isFloat) {
      text('fact');
      u32(4);
      u32(Math.min(this.frames, 0xffffffff));
    }
    text('data');
    u32(long ? 0xffffffff : dataBytes);
    return header;
  }
}
