import {
  putSample,
  RF64_FROM_BYTES,
  SAMPLE_BYTES,
  wavHeader,
  type WavEncoding,
  type WavSampleFormat,
} from '../../audio/wav-encoding.ts';
import type { RecordingDisk, RecordingFile } from './recording-disk.ts';

export interface WavTrackOptions {
  /** Hz. */
  readonly sampleRateHz: number;
  readonly sampleFormat: WavSampleFormat;
  /** Data size from which RF64 is written; default just below 4 GiB. */
  readonly rf64FromBytes?: number;
}

/**
 * A mono WAV file that is whole after every `flush`: samples are appended first, then the header is
 * written over the old one in a single call. Between the two a reader sees the shorter recording.
 */
export class WavTrack {
  readonly #file: RecordingFile;
  readonly #encoding: WavEncoding;
  readonly #headerBytes: number;
  #pending = new Uint8Array(0);
  #pendingBytes = 0;
  /** Samples that the header on disk promises. */
  flushedSamples = 0;
  /** Samples that an integer format had to clip. */
  clippedSamples = 0;

  private constructor(file: RecordingFile, encoding: WavEncoding, headerBytes: number) {
    this.#file = file;
    this.#encoding = encoding;
    this.#headerBytes = headerBytes;
  }

  static async create(
    disk: RecordingDisk,
    path: string,
    options: WavTrackOptions,
  ): Promise<WavTrack> {
    const encoding: WavEncoding = {
      sampleRate: options.sampleRateHz,
      channels: 1,
      sampleFormat: options.sampleFormat,
      rf64FromBytes: options.rf64FromBytes ?? RF64_FROM_BYTES,
    };
    const file = await disk.create(path);
    const header = wavHeader(encoding, 0);
    try {
      await file.append(header);
    } catch (error) {
      await file.close();
      await disk.remove(path).catch(() => undefined);
      throw error;
    }
    return new WavTrack(file, encoding, header.length);
  }

  get file(): RecordingFile {
    return this.#file;
  }

  /** Takes samples, nominal range −1…1; what is no number is written as 0. Nothing reaches the disk yet. */
  append(samples: Float32Array): void {
    const bytes = this.#grow(samples.length);
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i]!;
      const finite = value - value === 0 ? value : 0;
      const offset = i * SAMPLE_BYTES[this.#encoding.sampleFormat];
      if (putSample(bytes, offset, finite, this.#encoding.sampleFormat)) this.clippedSamples++;
    }
  }

  /** Silence, for time whose sound is lost. */
  appendSilence(samples: number): void {
    this.#grow(samples);
  }

  async flush(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    await this.#file.append(this.#pending.subarray(0, this.#pendingBytes));
    this.#pendingBytes = 0;
    await this.#writeHeader(this.#samplesOnDisk());
  }

  /**
   * Ends the file after `samples` samples, or fewer where it holds fewer. What was not flushed is dropped.
   */
  async finish(samples: number): Promise<void> {
    const kept = Math.min(samples, this.#samplesOnDisk());
    const dataBytes = kept * SAMPLE_BYTES[this.#encoding.sampleFormat];
    await this.#writeHeader(kept);
    await this.#file.truncate(this.#headerBytes + dataBytes);
    // RIFF chunks have even lengths.
    if (dataBytes % 2 === 1) await this.#file.append(new Uint8Array(1));
  }

  #samplesOnDisk(): number {
    return Math.floor(
      (this.#file.size - this.#headerBytes) / SAMPLE_BYTES[this.#encoding.sampleFormat],
    );
  }

  async #writeHeader(samples: number): Promise<void> {
    await this.#file.patchStart(wavHeader(this.#encoding, samples));
    this.flushedSamples = samples;
  }

  /** @returns where `samples` more samples go, zeroed */
  #grow(samples: number): DataView {
    const from = this.#pendingBytes;
    const to = from + samples * SAMPLE_BYTES[this.#encoding.sampleFormat];
    if (to > this.#pending.length) {
      const larger = new Uint8Array(Math.max(to, 2 * this.#pending.length));
      larger.set(this.#pending.subarray(0, from));
      this.#pending = larger;
    }
    this.#pending.fill(0, from, to);
    this.#pendingBytes = to;
    return new DataView(this.#pending.buffer, from, to - from);
  }
}
