import { openByteSource, type ByteSource } from './byte-source.ts';
import { formatError } from './errors.ts';
import { WavSamples } from './wav-reader.ts';
import { parseWav } from './wav-format.ts';

/** An open WAV file that is read anywhere, mixed to one channel. */
export interface WavFile {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly frames: number;
  /**
   * @param start first frame
   * @param count frames at most; fewer come at the end of the file, none behind it
   * @returns the mean of the channels, always finite
   */
  readMono(start: number, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** @throws AudioError as `openAudio`; AUDIO_FORMAT for anything but WAV */
export async function openWavFile(path: string): Promise<WavFile> {
  const source = await openByteSource(path);
  try {
    if (!(await isWav(source))) throw formatError(path, 'is not a WAV file');
    const layout = await parseWav(source);
    const samples = new WavSamples(source, layout);
    return {
      sampleRate: layout.sampleRate,
      channels: layout.channels,
      frames: samples.frames,
      async readMono(start, count) {
        const wanted = Math.max(0, Math.min(count, samples.frames - start));
        return wanted === 0 ? new Float32Array(0) : mixToMono(await samples.read(start, wanted));
      },
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Opens a file for as long as `use` takes. @throws as {@link openWavFile}, and what `use` throws */
export async function withWavFile<T>(path: string, use: (wav: WavFile) => Promise<T>): Promise<T> {
  const wav = await openWavFile(path);
  try {
    return await use(wav);
  } finally {
    await wav.close();
  }
}

/** Whether a file begins as a WAV file does. */
export async function isWav(source: ByteSource): Promise<boolean> {
  const head = String.fromCharCode(...(await source.readAt(0, 4)));
  return head === 'RIFF' || head === 'RF64';
}

/** @returns the mean of channels of one length; NaN and infinite values count as 0. The first array is reused. */
export function mixToMono(channels: readonly Float32Array[]): Float32Array {
  const mono = channels[0]!;
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (const samples of channels) {
      const value = samples[i]!;
      if (Number.isFinite(value)) sum += value;
    }
    mono[i] = sum / channels.length;
  }
  return mono;
}
