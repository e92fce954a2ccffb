import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { OggOpusDecoder } from 'ogg-opus-decoder';
import { DataError } from './errors.ts';

/** `sampleRate` is documented and works, but the package's types do not know it. */
const OPUS_OPTIONS: { forceStereo: boolean } & { sampleRate: number } = {
  forceStereo: false,
  sampleRate: 16000,
};

/** Decodes whole recordings to 16 kHz mono; one instance is reused for many files. */
export class CorpusDecoder {
  private flac: FLACDecoder | undefined;
  private opus: OggOpusDecoder | undefined;

  /** Mono samples in [-1, 1] at 16 kHz. Throws when the file cannot be read as audio. */
  async decode(path: string): Promise<Float32Array> {
    const bytes = new Uint8Array(readFileSync(path));
    const decoded = await this.decodeBytes(path, bytes);
    if (decoded.errors.length > 0) {
      throw new DataError('DATA_FORMAT', `${path}: ${decoded.errors[0]?.message ?? 'damaged'}`);
    }
    if (decoded.samplesDecoded === 0) throw new DataError('DATA_EMPTY', `${path}: no audio in it`);
    if ((decoded.sampleRate as number) !== 16000) {
      throw new DataError('DATA_FORMAT', `${path}: ${decoded.sampleRate} Hz, expected 16000 Hz`);
    }
    return toMono(decoded.channelData);
  }

  close(): void {
    this.flac?.free();
    this.opus?.free();
    this.flac = undefined;
    this.opus = undefined;
  }

  private async decodeBytes(path: string, bytes: Uint8Array) {
    switch (extname(path).toLowerCase()) {
      case '.flac': {
        this.flac ??= new FLACDecoder();
        await this.flac.ready;
        const out = await this.flac.decodeFile(bytes);
        await this.flac.reset();
        return out;
      }
      case '.opus':
      case '.ogg': {
        // libopus itself decodes to 16 kHz: it drops the MDCT bins above 8 kHz, no resampler needed.
        this.opus ??= new OggOpusDecoder(OPUS_OPTIONS);
        await this.opus.ready;
        const out = await this.opus.decodeFile(bytes);
        await this.opus.reset();
        return out;
      }
      default:
        throw new DataError('DATA_FORMAT', `${path}: not a known audio format`);
    }
  }
}

/** Mean of the channels. */
export function toMono(channels: readonly Float32Array[]): Float32Array {
  const first = channels[0] ?? new Float32Array(0);
  if (channels.length <= 1) return first;
  const out = new Float32Array(first.length);
  for (const channel of channels) {
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + (channel[i] as number);
  }
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) / channels.length;
  return out;
}
