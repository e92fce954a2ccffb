import { MAX_READ_FRAMES, type MediaInfo, type MediaRef } from '../../ipc/app/media.ts';
import type { AppClient } from '../client/app-client.ts';

/** One channel of sound that is read in pieces, as it may be hours long. */
export interface SoundSource {
  info(): Promise<MediaInfo>;
  /** @returns the samples, fewer than `frames` at the end of the sound */
  read(startFrame: number, frames: number): Promise<Float32Array<ArrayBuffer>>;
}

/** Sound that the app holds. */
export function mediaSource(client: Pick<AppClient, 'call'>, media: MediaRef): SoundSource {
  return {
    info: () => client.call('media.info', media),
    async read(startFrame, frames) {
      const bytes = await client.call('media.read', {
        media,
        startFrame,
        frames: Math.min(frames, MAX_READ_FRAMES),
      });
      return floatsOf(bytes);
    },
  };
}

/** Sound that is here already. */
export function memorySource(
  samples: Float32Array<ArrayBuffer>,
  sampleRateHz: number,
): SoundSource {
  return {
    info: () => Promise.resolve({ sampleRateHz, frames: samples.length }),
    read: (startFrame, frames) =>
      Promise.resolve(samples.subarray(startFrame, startFrame + frames)),
  };
}

/** @returns all of `source`, which must be short enough to hold */
export async function readAll(source: SoundSource): Promise<Float32Array<ArrayBuffer>> {
  const { frames } = await source.info();
  const samples = new Float32Array(frames);
  for (let start = 0; start < frames;) {
    const piece = await source.read(start, frames - start);
    if (piece.length === 0) break;
    samples.set(piece, start);
    start += piece.length;
  }
  return samples;
}

/** @returns little-endian float32 bytes as samples; copied, as they may lie at an odd address */
function floatsOf(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const length = bytes.byteLength >> 2;
  const copy = new Uint8Array(length * 4);
  copy.set(bytes.subarray(0, length * 4));
  return new Float32Array(copy.buffer);
}
