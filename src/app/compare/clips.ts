import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WavWriter } from '../../audio/wav-writer.ts';
import { checkCodebooks, findQuantizer } from '../../codec/manifest.ts';
import { loadModel } from '../../codec/model-folder.ts';
import { ResiduaError, UsageError } from '../../common/errors.ts';
import { readDemoList } from '../../enhance/demo-list.ts';
import type { AppArgument } from '../../ipc/app/app-protocol.ts';
import { MAX_CLIP_S, variantKey, type Clip, type Variant } from '../../ipc/app/compare.ts';
import type { Settings } from '../../ipc/app/settings.ts';
import type { Emit, Snapshot } from '../handlers.ts';
import { fileOf, type JobFile } from '../jobs/job-file.ts';
import { jobProblem } from '../jobs/job-problem.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { WorkPool } from '../work/pool.ts';
import { HeldClip, noisyFile, referenceFile } from './held-clip.ts';

export interface ClipsOptions {
  readonly pool: WorkPool;
  readonly uploads: Uploads;
  readonly emit: Emit;
  readonly settings: () => Settings;
  readonly modelFolder: () => Promise<string>;
  readonly snapshot: (seconds: number) => Promise<Snapshot>;
  readonly workFolder: () => Promise<string>;
  /** Holds `demo.json`. */
  readonly demoFolder: string;
  readonly takesPaths: boolean;
}

/** Older ones are dropped: each may hold dozens of sounds. */
const MAX_CLIPS = 5;

/** Clips that are compared by ear. */
export class Clips {
  readonly #options: ClipsOptions;
  readonly #clips = new Map<string, HeldClip>();
  #made = 0;

  constructor(options: ClipsOptions) {
    this.#options = options;
  }

  /** @throws ResiduaError `NOTHING_HEARD` */
  async freeze(seconds: number): Promise<Clip> {
    const { samples, sampleRateHz } = await this.#options.snapshot(seconds);
    return this.#make('Microphone', null, async (folder) => {
      const path = join(folder, 'heard.wav');
      const writer = await WavWriter.create(path, {
        sampleRate: sampleRateHz,
        channels: 1,
        sampleFormat: 'float',
      });
      try {
        await writer.write([samples]);
        await writer.commit();
      } finally {
        await writer.abort();
      }
      return path;
    });
  }

  /**
   * @throws ResiduaError `CLIP_EMPTY`, `REFERENCE_LENGTH`, `DEMO_RECORDINGS`; UsageError `UPLOAD_UNKNOWN`,
   * `UPLOAD_INCOMPLETE`, `PATHS_REFUSED`, `DEMO_UNKNOWN`; AudioError
   */
  async open({ source, reference }: AppArgument<'compare.open'>): Promise<Clip> {
    const { uploads, takesPaths } = this.#options;
    if ('demo' in source) return this.#openDemo(source.demo);
    const files: JobFile[] = [];
    try {
      const noisy = fileOf(source, uploads, takesPaths);
      files.push(noisy);
      const clean = reference && fileOf(reference, uploads, takesPaths);
      if (clean) files.push(clean);
      return await this.#make(noisy.name, clean && clean.path, async () => noisy.path);
    } catch (error) {
      // The person knows neither folder nor name of what was sent.
      if (!(error instanceof ResiduaError) || error instanceof UsageError) throw error;
      const file = files.find(({ path }) => error.message.includes(path));
      if (!file) throw error;
      const { code, message, hint } = jobProblem(error, file);
      throw new ResiduaError(code, message, { cause: error, ...(hint ? { hint } : {}) });
    } finally {
      await Promise.all(files.map((file) => file.release()));
    }
  }

  /**
   * Renders what is not there yet, several at a time.
   * @throws UsageError `CLIP_UNKNOWN`, `QUANTIZER_UNKNOWN`, `CODEBOOKS_RANGE` before anything is rendered;
   * ResiduaError whatever went wrong with the first one. What was rendered until then stays
   */
  async render(id: string, variants: readonly Variant[]): Promise<Clip> {
    const clip = this.#find(id);
    const modelFolder = await this.#options.modelFolder();
    const { manifest } = await loadModel(modelFolder);
    for (const { quantizer, codebooks } of variants) {
      checkCodebooks(findQuantizer(manifest, quantizer), codebooks ?? undefined);
    }
    const missing = new Map(
      variants
        .map((variant) => [variantKey(variant), variant] as const)
        .filter(([key]) => !clip.has(key)),
    );
    const shares = new Map([...missing.keys()].map((key) => [key, 0]));
    const tell = (key: string, share: number): void => {
      if (clip.dropped.signal.aborted) return;
      shares.set(key, share);
      const sum = [...shares.values()].reduce((total, one) => total + one, 0);
      this.#options.emit({ type: 'render-progress', id, progress: sum / shares.size });
    };
    const results = await Promise.allSettled(
      [...missing].map(async ([key, variant]) => {
        const running =
          clip.rendering.get(key) ??
          this.#render(clip, key, variant, modelFolder, (share) => tell(key, share));
        await running;
        tell(key, 1);
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return clip.describe();
  }

  /** One that is gone already is no mistake: the oldest are dropped by themselves. */
  async drop(id: string): Promise<void> {
    const clip = this.#clips.get(id);
    if (!clip) return;
    this.#clips.delete(id);
    clip.dropped.abort(new ResiduaError('CLIP_CLOSED', 'the clip was closed meanwhile'));
    await Promise.allSettled(clip.rendering.values());
    await rm(clip.origin.folder, { recursive: true, force: true });
  }

  /** @throws UsageError `CLIP_UNKNOWN`, `VARIANT_UNKNOWN` */
  file(id: string, variant: string): string {
    return this.#find(id).file(variant);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clips.keys()].map((id) => this.drop(id)));
  }

  #find(id: string): HeldClip {
    const clip = this.#clips.get(id);
    if (clip) return clip;
    throw new UsageError(`there is no clip '${id}'`, {
      code: 'CLIP_UNKNOWN',
      hint: `The last ${MAX_CLIPS} clips are kept; open it again.`,
    });
  }

  async #openDemo(index: number): Promise<Clip> {
    const folder = this.#options.demoFolder;
    const list = await readDemoList(folder);
    const entry = list[index];
    if (!entry) {
      throw new UsageError(`there is no demo recording ${index}`, {
        code: 'DEMO_UNKNOWN',
        hint: `There are ${list.length}, from 0.`,
      });
    }
    return this.#make(entry.title, join(folder, entry.clean), async () =>
      join(folder, entry.noisy),
    );
  }

  /** @param inputIn gives the file that holds the sound, perhaps made in the clip's own folder */
  async #make(
    name: string,
    reference: string | null,
    inputIn: (folder: string) => Promise<string>,
  ): Promise<Clip> {
    const { manifest } = await loadModel(await this.#options.modelFolder());
    const sampleRateHz = manifest.sampleRate;
    const id = `clip-${++this.#made}`;
    const folder = join(await this.#options.workFolder(), id);
    await mkdir(folder);
    try {
      const loaded = await this.#options.pool.run('loadClip', {
        input: await inputIn(folder),
        reference,
        maxSeconds: MAX_CLIP_S,
        sampleRateHz,
        noisyOutput: noisyFile(folder),
        referenceOutput: referenceFile(folder),
      });
      const origin = { id, name, folder, sampleRateHz, hasReference: reference !== null };
      const clip = new HeldClip(origin, loaded);
      this.#clips.set(id, clip);
      for (const oldest of [...this.#clips.keys()].slice(0, -MAX_CLIPS)) await this.drop(oldest);
      return clip.describe();
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  #render(
    clip: HeldClip,
    key: string,
    { quantizer, codebooks }: Variant,
    modelFolder: string,
    onProgress: (share: number) => void,
  ): Promise<void> {
    const { provider } = this.#options.settings();
    const { noisy, reference } = clip;
    const output = clip.expect(key);
    const work = this.#options.pool
      .run(
        'variant',
        { noisy, reference, output, modelFolder, quantizer, codebooks, provider },
        { signal: clip.dropped.signal, onProgress },
      )
      .then((rendered) => clip.add(key, output, rendered))
      .finally(() => clip.rendering.delete(key));
    clip.rendering.set(key, work);
    return work;
  }
}
