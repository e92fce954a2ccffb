import type { ByteSource } from './byte-source.ts';
import { truncatedError } from './errors.ts';
import type { AudioInfo, RawReader } from './reader.ts';
import { parseWav, view, type SampleCoding, type WavLayout } from './wav-format.ts';

const BLOCK_FRAMES = 8192;

/** Reads integer PCM 8–32 bit, float 32/64, A-law and µ-law WAV. */
export async function openWav(source: ByteSource): Promise<RawReader> {
  return new WavReader(source, await parseWav(source));
}

class WavReader implements RawReader {
  readonly info: AudioInfo;
  readonly #samples: WavSamples;

  constructor(source: ByteSource, layout: WavLayout) {
    this.#samples = new WavSamples(source, layout);
    const { sampleRate, channels, bitDepth } = layout;
    this.info = { format: 'wav', sampleRate, channels, bitDepth, frames: this.#samples.frames };
  }

  async *blocks(): AsyncGenerator<Float32Array[]> {
    const { frames } = this.#samples;
    for (let at = 0; at < frames; at += BLOCK_FRAMES) {
      yield await this.#samples.read(at, Math.min(BLOCK_FRAMES, frames - at));
    }
  }

  dispose(): void {}
}

/** The samples of an open WAV file, anywhere in it. */
export class WavSamples {
  readonly #source: ByteSource;
  readonly #layout: WavLayout;
  readonly #readSample: (data: DataView, offset: number) => number;
  /** Samples per channel. A last partial frame, where a writer was interrupted, does not count. */
  readonly frames: number;

  constructor(source: ByteSource, layout: WavLayout) {
    this.#source = source;
    this.#layout = layout;
    this.#readSample = sampleReader(layout.coding, layout.sampleBytes);
    this.frames = Math.floor(layout.dataBytes / (layout.channels * layout.sampleBytes));
  }

  /**
   * @param count frames, all of which the file holds
   * @returns one array per channel
   * @throws AudioError AUDIO_TRUNCATED
   */
  async read(start: number, count: number): Promise<Float32Array[]> {
    const { channels, sampleBytes, dataOffset } = this.#layout;
    const frameBytes = channels * sampleBytes;
    const bytes = await this.#source.readAt(dataOffset + start * frameBytes, count * frameBytes);
    if (bytes.length < count * frameBytes) {
      throw truncatedError(this.#source.path, 'it became shorter while it was read');
    }
    const data = view(bytes);
    return Array.from({ length: channels }, (_, c) => {
      const samples = new Float32Array(count);
      for (let i = 0, offset = c * sampleBytes; i < count; i++, offset += frameBytes) {
        samples[i] = this.#readSample(data, offset);
      }
      return samples;
    });
  }
}

function sampleReader(
  coding: SampleCoding,
  sampleBytes: number,
): (data: DataView, offset: number) => number {
  if (coding === 'float') {
    return sampleBytes === 4
      ? (data, offset) => data.getFloat32(offset, true)
      : (data, offset) => data.getFloat64(offset, true);
  }
  if (coding === 'alaw') return (data, offset) => alaw(data.getUint8(offset));
  if (coding === 'mulaw') return (data, offset) => mulaw(data.getUint8(offset));
  switch (sampleBytes) {
    case 1:
      return (data, offset) => (data.getUint8(offset) - 128) / 128;
    case 2:
      return (data, offset) => data.getInt16(offset, true) / 32768;
    case 3:
      return (data, offset) =>
        (data.getUint16(offset, true) | (data.getInt8(offset + 2) << 16)) / 8388608;
    default:
      return (data, offset) => data.getInt32(offset, true) / 2147483648;
  }
}

/** ITU-T G.711 A-law byte to −1…1. */
function alaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = bits & 15;
  const magnitude =
    exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return (bits & 0x80 ? magnitude : -magnitude) / 32768;
}

/** ITU-T G.711 µ-law byte to −1…1. */
function mulaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -magnitude : magnitude) / 32768;
}
