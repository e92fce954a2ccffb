import { openByteSource, type ByteSource } from './byte-source.ts';
import { openFlac } from './flac-reader.ts';
import { openMp3 } from './mp3-reader.ts';
import { openOgg } from './ogg-reader.ts';
import type { AudioFormat, AudioReader, RawReader, SampleHealth } from './reader.ts';
import { SampleCheck } from './sample-check.ts';
import { sniff } from './sniff.ts';
import { openWav } from './wav-reader.ts';

/**
 * Opens a WAV, FLAC, Ogg Opus, Ogg Vorbis, Ogg FLAC or MP3 file, told apart by content.
 *
 * @throws AudioError AUDIO_NOT_FOUND, AUDIO_UNREADABLE, AUDIO_EMPTY, AUDIO_FORMAT,
 * AUDIO_TRUNCATED, AUDIO_CORRUPT, AUDIO_CHANNELS, AUDIO_RATE
 * @example
 * const reader = await openAudio('speech.flac');
 * for await (const [left] of reader.read()) meter(left);
 * await reader.close();
 */
export async function openAudio(path: string): Promise<AudioReader> {
  const source = await openByteSource(path);
  try {
    return new CheckedReader(source, await openRaw(source));
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Reads a whole file into memory, planar. For short files such as evaluation pairs. */
export async function readAudio(
  path: string,
): Promise<{ sampleRate: number; channels: Float32Array[] }> {
  const reader = await openAudio(path);
  try {
    const blocks: Float32Array[][] = [];
    let frames = 0;
    for await (const block of reader.read()) {
      blocks.push(block);
      frames += block[0]!.length;
    }
    const channels = Array.from({ length: reader.channels }, () => new Float32Array(frames));
    let at = 0;
    for (const block of blocks) {
      block.forEach((samples, c) => channels[c]!.set(samples, at));
      at += block[0]!.length;
    }
    return { sampleRate: reader.sampleRate, channels };
  } finally {
    await reader.close();
  }
}

async function openRaw(source: ByteSource): Promise<RawReader> {
  const { container, offset } = await sniff(source);
  switch (container) {
    case 'wav':
      return openWav(source);
    case 'flac':
      return openFlac(source, offset);
    case 'ogg':
      return openOgg(source);
    case 'mp3':
      return openMp3(source, offset);
  }
}

class CheckedReader implements AudioReader {
  readonly path: string;
  readonly format: AudioFormat;
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitDepth?: number;
  readonly frames?: number;
  readonly #source: ByteSource;
  readonly #raw: RawReader;
  readonly #check: SampleCheck;
  #closed = false;

  constructor(source: ByteSource, raw: RawReader) {
    const { format, sampleRate, channels, bitDepth, frames } = raw.info;
    this.path = source.path;
    this.format = format;
    this.sampleRate = sampleRate;
    this.channels = channels;
    if (bitDepth !== undefined) this.bitDepth = bitDepth;
    if (frames !== undefined) this.frames = frames;
    this.#source = source;
    this.#raw = raw;
    this.#check = new SampleCheck(channels);
  }

  get health(): Readonly<SampleHealth> {
    return this.#check.health;
  }

  get share(): number {
    return this.#source.reached / this.#source.size;
  }

  async *read(): AsyncGenerator<Float32Array[]> {
    for await (const block of this.#raw.blocks()) {
      if (block.length === 0 || block[0]!.length === 0) continue;
      this.#check.apply(block);
      yield block;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#raw.dispose();
    } catch {
      // Hostile input can spoil a decoder's own heap; its memory goes with the instance either way.
    }
    await this.#source.close();
  }
}
