import { openAudio } from '../../src/audio/open-audio.ts';
import { Resampler } from '../../src/audio/resampler.ts';
import { DataError } from './errors.ts';

const RATE = 16000;

/** Half the default length: passes up to 7.4 kHz flat, and decoding is done once per corpus. */
const ZERO_CROSSINGS = 32;

/** Decodes whole recordings to 16 kHz mono; one instance is reused for many files. */
export class CorpusDecoder {
  /** One per input rate: computing the filter costs more than a short clip. */
  private readonly resamplers = new Map<number, Resampler>();

  /**
   * Mono samples in [-1, 1] at 16 kHz, from any format `openAudio` reads at any rate.
   *
   * @throws AudioError when the file cannot be read to its end; DataError DATA_EMPTY.
   */
  async decode(path: string): Promise<Float32Array> {
    const reader = await openAudio(path);
    try {
      const resampler = this.resamplerFor(reader.sampleRate);
      const blocks: Float32Array[] = [];
      for await (const block of reader.read()) {
        const mono = toMono(block);
        blocks.push(resampler ? resampler.process(mono) : mono);
      }
      if (resampler) blocks.push(resampler.flush());
      const samples = concatenate(blocks);
      if (samples.length === 0) throw new DataError('DATA_EMPTY', `${path}: no audio in it`);
      return samples;
    } finally {
      await reader.close();
    }
  }

  private resamplerFor(rate: number): Resampler | undefined {
    if (rate === RATE) return undefined;
    let resampler = this.resamplers.get(rate);
    if (!resampler) {
      resampler = new Resampler(rate, RATE, { zeroCrossings: ZERO_CROSSINGS });
      this.resamplers.set(rate, resampler);
    }
    resampler.reset();
    return resampler;
  }
}

/** Mean of the channels, all of one length. */
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

function concatenate(blocks: readonly Float32Array[]): Float32Array {
  const only = blocks[0];
  if (blocks.length === 1 && only) return only;
  const out = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}
