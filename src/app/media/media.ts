import { withWavFile, type WavFile } from '../../audio/wav-file.ts';
import type { AppArgument } from '../../ipc/app/app-protocol.ts';
import type { MediaInfo, MediaRef, SpectrogramImage } from '../../ipc/app/media.ts';
import { peaks, spectrogram } from '../work/pictures.ts';
import type { WorkPool } from '../work/pool.ts';
import { ByteCache } from './byte-cache.ts';
import type { DecodedFiles } from './decoded-files.ts';

export interface MediaOptions {
  readonly pool: WorkPool;
  readonly decoded: DecodedFiles;
  /** The file that holds a sound. @throws ResiduaError where there is none */
  readonly fileOf: (media: MediaRef) => string | Promise<string>;
}

const CACHE_BYTES = 32 * 2 ** 20;
/** Pictures of less sound than this are computed here: a process takes longer to ask. Samples of all channels. */
const SHORT_SAMPLES = 1_000_000;

/** Sound for the window to draw and play, whatever file it is in and however long. */
export class Media {
  readonly #options: MediaOptions;
  readonly #peaks = new ByteCache<number[]>(CACHE_BYTES, (values) => values.length * 8);
  readonly #spectrograms = new ByteCache<Uint8Array<ArrayBuffer>>(
    CACHE_BYTES,
    (levels) => levels.length,
  );
  /** Pictures being computed, so that nothing is computed twice at a time. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(options: MediaOptions) {
    this.#options = options;
  }

  async info(media: MediaRef): Promise<MediaInfo> {
    return this.#open(media, async ({ sampleRate, frames }) => ({
      sampleRateHz: sampleRate,
      frames,
    }));
  }

  /** @returns little-endian float32, mixed to one channel; fewer frames than asked for at the end */
  async read({
    media,
    startFrame,
    frames,
  }: AppArgument<'media.read'>): Promise<Uint8Array<ArrayBuffer>> {
    return this.#open(media, async (wav) => {
      const samples = await wav.readMono(startFrame, frames);
      return new Uint8Array(samples.buffer as ArrayBuffer, samples.byteOffset, samples.byteLength);
    });
  }

  async peaks({ media, buckets }: AppArgument<'media.peaks'>): Promise<number[]> {
    return this.#picture(this.#peaks, media, `peaks ${buckets}`, (path, isShort) =>
      isShort ? peaks(path, buckets) : this.#options.pool.run('peaks', { path, buckets }),
    );
  }

  async spectrogram(request: AppArgument<'media.spectrogram'>): Promise<SpectrogramImage> {
    const { media, columns, rows } = request;
    const kind = `spectrogram ${columns} ${rows}`;
    const levels = await this.#picture(this.#spectrograms, media, kind, (path, isShort) =>
      isShort
        ? spectrogram(path, columns, rows)
        : this.#options.pool.run('spectrogram', { path, columns, rows }),
    );
    return { columns, rows, levels };
  }

  async #picture<T>(
    cache: ByteCache<T>,
    media: MediaRef,
    kind: string,
    compute: (path: string, isShort: boolean) => Promise<T>,
  ): Promise<T> {
    const { path, key: file } = await this.#wavOf(media);
    const key = `${kind}\n${file}`;
    const known = cache.get(key);
    if (known) return known;
    const running = this.#running.get(key) as Promise<T> | undefined;
    if (running) return running;
    const work = (async () => {
      const samples = await withWavFile(path, async (wav) => wav.frames * wav.channels);
      const result = await compute(path, samples <= SHORT_SAMPLES);
      cache.set(key, result);
      return result;
    })().finally(() => this.#running.delete(key));
    this.#running.set(key, work);
    return work;
  }

  async #open<T>(media: MediaRef, use: (wav: WavFile) => Promise<T>): Promise<T> {
    return withWavFile((await this.#wavOf(media)).path, use);
  }

  async #wavOf(media: MediaRef): Promise<{ path: string; key: string }> {
    return this.#options.decoded.wavOf(await this.#options.fileOf(media));
  }
}
