import { AudioError } from './errors.ts';

/** Container and codec of an input, found from its content. */
export type AudioFormat = 'wav' | 'flac' | 'ogg-flac' | 'opus' | 'vorbis' | 'mp3';

/** Lowest and highest sample rate accepted, Hz. */
export const MIN_SAMPLE_RATE = 8000;
export const MAX_SAMPLE_RATE = 192000;
/** Most channels accepted in one file. */
export const MAX_CHANNELS = 8;

export interface AudioInfo {
  readonly format: AudioFormat;
  /** Hz, 8000–192000. */
  readonly sampleRate: number;
  /** 1–8. */
  readonly channels: number;
  /** Bits per sample of the stored PCM; undefined for lossy codecs. */
  readonly bitDepth?: number;
  /** Samples per channel, where the container says so. */
  readonly frames?: number;
}

/** What was wrong with the samples read so far. */
export interface SampleHealth {
  /** NaN or infinite samples, replaced by 0. */
  nonFinite: number;
  /** Samples in runs of three or more at or beyond full scale, passed on unchanged. */
  clipped: number;
}

/** One open audio file, read once from start to end in constant memory. */
export interface AudioReader extends AudioInfo {
  readonly path: string;
  readonly health: Readonly<SampleHealth>;
  /** How much of the file has been read, 0–1: the progress of a recording that does not say how long it is. */
  readonly share: number;
  /**
   * Planar blocks: one Float32Array per channel, all of one length ≥ 1, nominal range −1…1,
   * always finite. Blocks belong to the caller. Can be iterated once.
   * @throws AudioError AUDIO_TRUNCATED, AUDIO_CORRUPT, AUDIO_UNREADABLE
   */
  read(): AsyncIterable<Float32Array[]>;
  close(): Promise<void>;
}

/** A format's own reader, before samples are checked. */
export interface RawReader {
  readonly info: AudioInfo;
  blocks(): AsyncIterable<Float32Array[]>;
  /** Frees decoder memory; the byte source is closed by the caller. */
  dispose(): void;
}

/** Refuses channel counts and rates outside what Residua processes. */
export function checkInfo(path: string, channels: number, sampleRate: number): void {
  if (channels < 1) {
    throw new AudioError('AUDIO_CHANNELS', `${path}: the file declares no channels`);
  }
  if (channels > MAX_CHANNELS) {
    throw new AudioError(
      'AUDIO_CHANNELS',
      `${path}: ${channels} channels; at most ${MAX_CHANNELS} are supported`,
      'Split the file or mix it down first.',
    );
  }
  if (!(sampleRate >= MIN_SAMPLE_RATE && sampleRate <= MAX_SAMPLE_RATE)) {
    throw new AudioError(
      'AUDIO_RATE',
      `${path}: sample rate ${sampleRate} Hz; ${MIN_SAMPLE_RATE}–${MAX_SAMPLE_RATE} Hz are supported`,
      'Resample the file first.',
    );
  }
}
