/**
 * Records what goes into the codec, what comes out, and the codes between, aligned sample by sample.
 *
 * `hop` only copies; files are written later by one chain of asynchronous calls (never more than one
 * thread of Node's pool), in batches of half a second. When the disk does not keep up, hops are counted and
 * lost, and silence takes their place, so that everything later keeps its time. After every batch each
 * file is whole on disk: killing the process costs what came since, less than a second.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { outputDelaySamples } from '../../codec/manifest.ts';
import { ResiduaError } from '../../common/errors.ts';
import { toProblem } from '../../common/problem.ts';
import { samplesToMs } from '../../common/units.ts';
import type { RecorderTelemetry, Tap, TapFormat, TapHop } from '../contract.ts';
import { CodeParts } from './code-parts.ts';
import type { RecorderOptions, RecordingSummary } from './recorder-options.ts';
import { recordingBaseName, recordingNames, type RecordingNames } from './recording-names.ts';
import {
  diskLow,
  folderGone,
  nodeDisk,
  recordingError,
  type RecordingDisk,
  type RecordingErrorCode,
} from './recording-disk.ts';
import {
  RECORDING_FORMAT,
  RECORDING_FORMAT_VERSION,
  type RecordingEnd,
  type RecordingSidecar,
} from './sidecar.ts';
import { RecordingTimeline } from './timeline.ts';
import { WavTrack } from './wav-track.ts';

type QueueItem = { readonly type: 'begin' } | (Omit<TapHop, 'failed'> & { readonly type: 'hop' });

const STATE_OF = {
  going: 'recording',
  stopped: 'off',
  'disk-low': 'full',
  'disk-full': 'full',
  'folder-gone': 'failed',
  failed: 'failed',
} as const satisfies Record<RecordingEnd | 'going', RecorderTelemetry['state']>;
const MAX_NAMES = 1000;
/** A longer jump of the hop index is a pause, not lost sound to be replaced by silence. */
const MAX_SILENCE_MS = 10_000;
const DEFAULT_RESERVE_BYTES = 512 * 2 ** 20;

export class Recorder implements Tap {
  readonly #options: RecorderOptions;
  readonly #disk: RecordingDisk;
  readonly #names: RecordingNames;
  readonly #startedAt: Date;
  readonly #raw: WavTrack;
  readonly #enhanced: WavTrack;
  readonly #codes: CodeParts;
  readonly #hopSamples: number;
  readonly #leadHops: number;
  readonly #flushHops: number;
  readonly #maxQueuedHops: number;
  readonly #flushesPerSync: number;
  readonly #reserveBytes: number;
  #queue: QueueItem[] = [];
  #queuedHops = 0;
  #lostHops = 0;
  /** The one chain of disk work. */
  #working: Promise<void> | undefined;
  #flushes = 0;
  readonly #timeline: RecordingTimeline;
  /** Length of both WAV files, samples. */
  #samples = 0;
  #listedParts = 0;
  #problem: ResiduaError | null = null;
  #ended: RecordingEnd | null = null;
  /** Both WAV files still have their names. */
  #isKept = true;
  #stopped: Promise<RecordingSummary> | undefined;

  private constructor(
    options: RecorderOptions,
    startedAt: Date,
    base: string,
    tracks: { raw: WavTrack; enhanced: WavTrack },
  ) {
    const { manifest, folder } = options;
    const hopMs = samplesToMs(manifest.hopSamples, manifest.sampleRate);
    this.#options = options;
    this.#disk = options.disk ?? nodeDisk;
    this.#startedAt = startedAt;
    this.#names = recordingNames(base);
    this.#raw = tracks.raw;
    this.#enhanced = tracks.enhanced;
    this.#codes = new CodeParts(this.#disk, manifest, (part, quantizer) => {
      const file = this.#names.codes(part, quantizer);
      return { file, path: join(folder, file) };
    });
    this.#hopSamples = manifest.hopSamples;
    this.#leadHops = Math.ceil(outputDelaySamples(manifest) / manifest.hopSamples);
    this.#timeline = new RecordingTimeline(
      manifest.hopSamples,
      this.#leadHops,
      Math.round(MAX_SILENCE_MS / hopMs),
    );
    this.#flushHops = Math.max(1, Math.round((options.flushMs ?? 500) / hopMs));
    this.#maxQueuedHops = Math.max(
      2 * this.#flushHops,
      Math.round((options.queueMs ?? 10_000) / hopMs),
    );
    this.#flushesPerSync = Math.max(
      1,
      Math.round((options.syncMs ?? 5000) / (this.#flushHops * hopMs)),
    );
    this.#reserveBytes = options.reserveBytes ?? DEFAULT_RESERVE_BYTES;
  }

  /**
   * Makes the folder and the files, so that everything that can be wrong shows before the first hop.
   * @throws ResiduaError `RECORDING_DISK_LOW`, `RECORDING_DISK_FULL`, `RECORDING_NOT_WRITABLE`,
   * `RECORDING_FAILED`
   */
  static async start(options: RecorderOptions): Promise<Recorder> {
    const { folder, manifest, quantizer, sampleFormat = '16', disk = nodeDisk } = options;
    const startedAt = (options.now ?? (() => new Date()))();
    const track = {
      sampleRateHz: manifest.sampleRate,
      sampleFormat,
      ...(options.rf64FromBytes === undefined ? {} : { rf64FromBytes: options.rf64FromBytes }),
    };
    let recorder: Recorder;
    try {
      await disk.makeFolder(folder);
      await requireSpace(disk, folder, options.reserveBytes ?? DEFAULT_RESERVE_BYTES);
      const base = await freeBaseName(folder, recordingBaseName(startedAt, quantizer));
      const names = recordingNames(base);
      const raw = await WavTrack.create(disk, join(folder, names.raw), track);
      try {
        const enhanced = await WavTrack.create(disk, join(folder, names.enhanced), track);
        recorder = new Recorder(options, startedAt, base, { raw, enhanced });
      } catch (error) {
        await raw.file.close();
        await disk.remove(raw.file.path).catch(() => undefined);
        throw error;
      }
    } catch (error) {
      throw recordingError(folder, error);
    }
    try {
      await recorder.#writeSidecar();
    } catch (error) {
      await recorder.#discard();
      throw recordingError(folder, error);
    }
    return recorder;
  }

  begin(format: TapFormat): void {
    const { manifest } = this.#options;
    const fits =
      format.modelId === manifest.id &&
      format.sampleRateHz === manifest.sampleRate &&
      format.hopSamples === this.#hopSamples &&
      format.codeLeadHops === this.#leadHops;
    if (!fits) {
      const code: RecordingErrorCode = 'RECORDING_FAILED';
      throw new ResiduaError(code, `a recording of model ${manifest.id} cannot go on with another`);
    }
    this.#queue.push({ type: 'begin' });
  }

  hop(hop: TapHop): void {
    if (this.#ended !== null || this.#stopped !== undefined) return;
    if (this.#queuedHops >= this.#maxQueuedHops) {
      this.#lostHops += 1; // the jump of the index shows where
      return;
    }
    const { index, quantizer, codebooks } = hop;
    const raw = hop.raw.slice();
    const enhanced = hop.enhanced.slice();
    const codes = hop.codes.slice();
    this.#queue.push({ type: 'hop', index, quantizer, codebooks, raw, enhanced, codes });
    this.#queuedHops += 1;
    if (this.#queuedHops >= this.#flushHops) this.#work();
  }

  end(): void {
    // What is queued is written now: more may not come for long.
    if (this.#queuedHops > 0) this.#work();
  }

  status(): RecorderTelemetry {
    return {
      state: STATE_OF[this.#ended ?? 'going'],
      seconds: this.#samples / this.#options.manifest.sampleRate,
      bytes: this.#bytes(),
      folder: this.#options.folder,
      problem: this.#problem && toProblem(this.#problem),
    };
  }

  /** Writes what is queued and ends every file. Safe to call twice, and after a failure. */
  stop(): Promise<RecordingSummary> {
    this.#stopped ??= (async () => {
      while (this.#working) await this.#working;
      if (this.#ended === null) {
        await this.#guard(async () => {
          await this.#writeQueue();
          await this.#finish('stopped');
        });
      }
      return this.#summary();
    })();
    return this.#stopped;
  }

  #work(): void {
    if (this.#working || this.#ended !== null) return;
    this.#working = this.#guard(async () => {
      do await this.#writeQueue();
      while (this.#queuedHops >= this.#flushHops);
    }).finally(() => (this.#working = undefined));
  }

  /** Never rejects: a failure ends the recording. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      const error = recordingError(this.#options.folder, cause);
      this.#problem = error;
      await this.#finish(endOf(error));
    }
  }

  async #writeQueue(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    this.#queuedHops = 0;
    for (const item of batch) {
      if (item.type === 'begin') this.#timeline.pause();
      else await this.#take(item);
    }
    await this.#raw.flush();
    await this.#enhanced.flush();
    await this.#codes.flush();
    this.#samples = this.#enhanced.flushedSamples;
    if (this.#codes.list.length !== this.#listedParts) await this.#writeSidecar();
    await this.#checkDisk();
  }

  async #take(hop: Extract<QueueItem, { type: 'hop' }>): Promise<void> {
    const place = this.#timeline.place(hop.index);
    if (place.isNewStretch) await this.#codes.endPart();
    await this.#codes.push({ ...hop, sample: place.codeSample });
    if (!place.hasSound) return;
    for (const [track, samples] of [
      [this.#raw, hop.raw],
      [this.#enhanced, hop.enhanced],
    ] as const) {
      if (place.silentSamples > 0) track.appendSilence(place.silentSamples);
      track.append(samples);
    }
  }

  get #rate(): number {
    return this.#options.manifest.sampleRate;
  }

  async #checkDisk(): Promise<void> {
    const { folder } = this.#options;
    const files = [this.#raw.file, this.#enhanced.file, this.#codes.file];
    for (const file of files) {
      if (file !== undefined && !(await file.isReachable())) throw folderGone(file.path);
    }
    this.#flushes += 1;
    if (this.#flushes % this.#flushesPerSync === 0) {
      for (const file of files) await file?.sync();
    }
    await requireSpace(this.#disk, folder, this.#reserveBytes);
  }

  /** Leaves every file whole and both WAV files equally long; after a failure as far as the disk allows. */
  async #finish(ended: RecordingEnd): Promise<void> {
    this.#ended = ended;
    this.#queue = [];
    this.#queuedHops = 0;
    const { folder } = this.#options;
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (cause) {
        if (this.#ended === 'stopped') this.#ended = endOf(recordingError(folder, cause));
        this.#problem ??= recordingError(folder, cause);
      }
    };
    this.#samples = Math.min(this.#raw.flushedSamples, this.#enhanced.flushedSamples);
    if (ended === 'stopped' || ended === 'disk-low') await attempt(() => this.#codes.endPart());
    await this.#codes.abandonPart().catch(() => undefined);
    for (const track of [this.#raw, this.#enhanced]) {
      this.#isKept = (await track.file.isReachable().catch(() => false)) && this.#isKept;
      await attempt(() => track.finish(this.#samples));
      await attempt(() => track.file.sync());
      await attempt(() => track.file.close());
    }
    if (this.#samples === 0) await this.#discard();
    else await attempt(() => this.#writeSidecar());
    this.#options.onEnd?.(this.#summary());
  }

  /** Nothing was recorded: leaves no empty files behind. */
  async #discard(): Promise<void> {
    const { folder } = this.#options;
    for (const file of [this.#raw.file, this.#enhanced.file]) {
      await file.close().catch(() => undefined);
      await this.#disk.remove(file.path).catch(() => undefined);
    }
    await this.#disk.remove(join(folder, this.#names.sidecar)).catch(() => undefined);
  }

  async #writeSidecar(): Promise<void> {
    const { manifest, folder } = this.#options;
    const sidecar: RecordingSidecar = {
      format: RECORDING_FORMAT,
      formatVersion: RECORDING_FORMAT_VERSION,
      model: { id: manifest.id, version: manifest.version },
      startedAt: this.#startedAt.toISOString(),
      sampleRateHz: manifest.sampleRate,
      raw: this.#names.raw,
      enhanced: this.#names.enhanced,
      codes: this.#codes.list,
      gaps: this.#timeline.gaps,
      gapCount: this.#timeline.gapCount,
      samples: this.#ended === null ? null : this.#samples,
      ended: this.#ended,
    };
    this.#listedParts = sidecar.codes.length;
    const text = `${JSON.stringify(sidecar, null, 2)}\n`;
    await this.#disk.replaceText(join(folder, this.#names.sidecar), text);
  }

  #bytes(): number {
    return this.#raw.file.size + this.#enhanced.file.size + this.#codes.bytes;
  }

  #summary(): RecordingSummary {
    const { folder } = this.#options;
    const kept = this.#samples > 0 && this.#isKept;
    const path = (name: string): string | null => (kept ? join(folder, name) : null);
    return {
      folder,
      raw: path(this.#names.raw),
      enhanced: path(this.#names.enhanced),
      sidecar: path(this.#names.sidecar),
      codes: kept ? this.#codes.list.map((p) => ({ ...p, path: join(folder, p.file) })) : [],
      sampleRateHz: this.#rate,
      samples: this.#samples,
      seconds: this.#samples / this.#rate,
      bytes: this.#bytes(),
      lostHops: this.#lostHops,
      clippedSamples: this.#raw.clippedSamples + this.#enhanced.clippedSamples,
      ended: this.#ended ?? 'stopped',
      problem: this.#problem,
    };
  }
}

async function requireSpace(
  disk: RecordingDisk,
  folder: string,
  reserveBytes: number,
): Promise<void> {
  const free = await disk.freeBytes(folder);
  if (free < reserveBytes) throw diskLow(folder, free, reserveBytes);
}

/** Two recordings may begin in the same second. */
async function freeBaseName(folder: string, wanted: string): Promise<string> {
  for (let i = 1; i <= MAX_NAMES; i++) {
    const base = i === 1 ? wanted : `${wanted}-${i}`;
    const taken = await access(join(folder, recordingNames(base).raw)).then(
      () => true,
      () => false,
    );
    if (!taken) return base;
  }
  throw new Error(`${MAX_NAMES} recordings of that name exist`);
}

function endOf(error: ResiduaError): RecordingEnd {
  switch (error.code as RecordingErrorCode) {
    case 'RECORDING_DISK_LOW':
      return 'disk-low';
    case 'RECORDING_DISK_FULL':
      return 'disk-full';
    case 'RECORDING_FOLDER_GONE':
      return 'folder-gone';
    default:
      return 'failed';
  }
}
