import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../src/common/errors.ts';
import type { CorpusFile, CorpusListing } from './corpora/types.ts';
import { CorpusDecoder } from './decode.ts';
import { DataError } from './errors.ts';
import { activeRms, activeStretches, NOISE_RANGE_DB, SPEECH_RANGE_DB } from './levels.ts';

/** Raised when the cache's content would differ for the same input files. */
const CACHE_VERSION = 1;

/** One decoded recording inside a pool file. */
export interface Clip {
  /** First sample in the pool file. */
  offset: number;
  /** Samples. */
  length: number;
  source: string;
  speaker?: string;
  /** RMS over its active frames. */
  activeRms: number;
  /** Active stretches: [start, end) sample pairs, flat. */
  active: number[];
}

/** What `index.json` holds. */
export interface CacheIndex {
  version: number;
  format: string;
  root: string;
  sampleRate: 16000;
  speech: Clip[];
  noise: Clip[];
  /** Noisy samples, followed in the pool file by as many clean ones. */
  pairs?: Clip[];
  skipped: SkippedFile[];
}

/** A recording that was left out. */
export interface SkippedFile {
  path: string;
  reason: string;
}

/** The pool files of a cache. */
export type PoolKind = 'speech' | 'noise' | 'pairs';

export type CacheProgress = (done: number, total: number) => void;

/** Key of a listing: names and sizes of its files, so that another content makes another cache. */
function cacheKey(listing: CorpusListing): string {
  const hash = createHash('sha256').update(`v${CACHE_VERSION} ${listing.format}\n`);
  const size = (path: string): number => (existsSync(path) ? statSync(path).size : -1);
  for (const kind of ['speech', 'noise'] as const) {
    for (const { path, source, speaker } of listing[kind]) {
      hash.update(`${kind} ${source} ${speaker ?? ''} ${size(path)} ${path}\n`);
    }
  }
  for (const { noisy, clean, source } of listing.pairs) {
    hash.update(`pair ${source} ${size(noisy)} ${noisy} ${size(clean)} ${clean}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Decodes a corpus once into `cacheDir/<key>/{speech,noise,pairs}.i16` (int16 little endian, 16 kHz,
 * all recordings one after another) and `index.json`; later calls reuse it. A recording that cannot
 * be read is skipped and named in `skipped`. Written under a temporary name and renamed at the end,
 * so a stopped run leaves no half-made cache.
 *
 * @returns the cache's folder
 */
export async function buildCache(
  root: string,
  listing: CorpusListing,
  cacheDir: string,
  onProgress?: CacheProgress,
): Promise<string> {
  const dir = join(cacheDir, cacheKey(listing));
  if (existsSync(join(dir, 'index.json'))) return dir;
  const partial = `${dir}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    const decoder = new CorpusDecoder();
    const skipped: SkippedFile[] = [];
    const total = listing.speech.length + listing.noise.length + listing.pairs.length;
    let done = 0;
    /** Runs `add` on each item; an item that fails is skipped and named. */
    const pool = async <T>(
      kind: PoolKind,
      items: readonly T[],
      pathOf: (item: T) => string,
      add: (item: T, writer: PoolWriter) => Promise<void>,
    ): Promise<Clip[]> => {
      const writer = new PoolWriter(join(partial, `${kind}.i16`));
      try {
        for (const item of items) {
          onProgress?.(done++, total);
          try {
            await add(item, writer);
          } catch (error) {
            if (error instanceof PoolWriteError) throw error.cause;
            skipped.push({ path: pathOf(item), reason: describeError(error) });
          }
        }
      } finally {
        writer.close();
      }
      return writer.clips;
    };
    const single = async (file: CorpusFile, writer: PoolWriter, range: number): Promise<void> =>
      writer.add(file.source, file.speaker, range, [await decoder.decode(file.path)]);
    const index: CacheIndex = {
      version: CACHE_VERSION,
      format: listing.format,
      root,
      sampleRate: 16000,
      speech: await pool(
        'speech',
        listing.speech,
        (f) => f.path,
        (f, w) => single(f, w, SPEECH_RANGE_DB),
      ),
      noise: await pool(
        'noise',
        listing.noise,
        (f) => f.path,
        (f, w) => single(f, w, NOISE_RANGE_DB),
      ),
      pairs: await pool(
        'pairs',
        listing.pairs,
        (p) => p.noisy,
        async (pair, writer) => {
          const noisy = await decoder.decode(pair.noisy);
          const clean = await decoder.decode(pair.clean);
          if (noisy.length !== clean.length) {
            throw new DataError('DATA_FORMAT', `${pair.noisy} and its clean file differ in length`);
          }
          writer.add(pair.source, undefined, SPEECH_RANGE_DB, [noisy, clean]);
        },
      ),
      skipped,
    };
    onProgress?.(total, total);
    writeFileSync(join(partial, 'index.json'), JSON.stringify(index));
    rmSync(dir, { recursive: true, force: true });
    renameSync(partial, dir);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return dir;
}

/** A disk that is full is not a bad recording. */
class PoolWriteError extends Error {}

/** Appends recordings to a pool file. */
class PoolWriter {
  readonly clips: Clip[] = [];
  private readonly fd: number;
  private offset = 0;

  constructor(path: string) {
    this.fd = openSync(path, 'w');
  }

  /** Appends signals of one length; activity and level are those of the first. */
  add(source: string, speaker: string | undefined, rangeDb: number, signals: Float32Array[]): void {
    const first = signals[0] as Float32Array;
    const active = activeStretches(first, rangeDb);
    if (active.length === 0) throw new DataError('DATA_EMPTY', 'silent throughout');
    this.clips.push({
      offset: this.offset,
      length: first.length,
      source,
      ...(speaker === undefined ? {} : { speaker }),
      activeRms: activeRms(first, rangeDb),
      active,
    });
    for (const signal of signals) {
      this.write(toInt16(signal));
      this.offset += signal.length;
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  private write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at);
    } catch (cause) {
      throw new PoolWriteError('cannot write the cache', { cause });
    }
  }
}

function toInt16(samples: Float32Array): Uint8Array {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    out[i] = Math.max(-32768, Math.min(32767, Math.round((samples[i] as number) * 32768)));
  }
  return new Uint8Array(out.buffer);
}

/**
 * Reads a cache's index and checks that the pool files are as long as it says.
 *
 * @throws DataError DATA_FORMAT
 */
export function readIndex(dir: string): CacheIndex {
  const damaged = (what: string): DataError =>
    new DataError('DATA_FORMAT', `the cache ${dir} ${what}`, 'Delete it; it is made again.');
  let index: CacheIndex;
  try {
    index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as CacheIndex;
  } catch {
    throw damaged('has no readable index.json');
  }
  if (index.version !== CACHE_VERSION) throw damaged('was written by another version');
  for (const kind of ['speech', 'noise', 'pairs'] as const) {
    const clips = index[kind] ?? [];
    const last = clips[clips.length - 1];
    if (!last) continue;
    const samples = last.offset + last.length * (kind === 'pairs' ? 2 : 1);
    const path = join(dir, `${kind}.i16`);
    if (!existsSync(path) || statSync(path).size !== samples * 2) {
      throw damaged(`has a ${kind}.i16 of the wrong length`);
    }
  }
  return index;
}

/**
 * Reads stretches of a pool file. The operating system's page cache keeps what is used in memory and
 * shares it among workers, so a corpus of any size costs this process no memory.
 */
export class PoolReader {
  private readonly fd: number;
  private scratch = new Int16Array(65536);

  constructor(path: string) {
    this.fd = openSync(path, 'r');
  }

  /** Adds `gain` × samples [position, position + count) of the pool file to `out` at `at`. */
  add(position: number, count: number, out: Float32Array, at: number, gain: number): void {
    if (count <= 0) return;
    if (this.scratch.length < count) this.scratch = new Int16Array(count * 2);
    const view = new Uint8Array(this.scratch.buffer, 0, count * 2);
    const got = readSync(this.fd, view, 0, count * 2, position * 2);
    const scale = gain / 32768;
    const samples = this.scratch;
    for (let i = 0; i < got >> 1; i++) {
      out[at + i] = (out[at + i] as number) + (samples[i] as number) * scale;
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
