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
import type { CorpusListing } from './corpora/types.ts';
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
  skipped: { path: string; reason: string }[];
}

export interface CacheProgress {
  (done: number, total: number): void;
}

/** Key of a listing: names and sizes of its files, so that another content makes another cache. */
function cacheKey(listing: CorpusListing): string {
  const hash = createHash('sha256').update(`v${CACHE_VERSION} ${listing.format}\n`);
  for (const kind of ['speech', 'noise'] as const) {
    for (const file of listing[kind]) {
      const size = existsSync(file.path) ? statSync(file.path).size : -1;
      hash.update(`${kind} ${file.source} ${file.speaker ?? ''} ${size} ${file.path}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Decodes a corpus once into `cacheDir/<key>/{speech,noise}.i16` (int16 little endian, 16 kHz, all
 * recordings one after another) and `index.json`; later calls reuse it. A recording that cannot be
 * read is skipped and named in `skipped`. Written under a temporary name and renamed at the end, so a
 * stopped run leaves no half-made cache.
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
  const decoder = new CorpusDecoder();
  try {
    const index: CacheIndex = {
      version: CACHE_VERSION,
      format: listing.format,
      root,
      sampleRate: 16000,
      speech: [],
      noise: [],
      skipped: [],
    };
    const total = listing.speech.length + listing.noise.length;
    let done = 0;
    for (const kind of ['speech', 'noise'] as const) {
      const fd = openSync(join(partial, `${kind}.i16`), 'w');
      let offset = 0;
      try {
        for (const file of listing[kind]) {
          onProgress?.(done++, total);
          let samples: Float32Array;
          try {
            samples = await decoder.decode(file.path);
          } catch (error) {
            const reason = error instanceof Error ? error.message : String(error);
            index.skipped.push({ path: file.path, reason });
            continue;
          }
          const range = kind === 'speech' ? SPEECH_RANGE_DB : NOISE_RANGE_DB;
          const active = activeStretches(samples, range);
          if (active.length === 0) {
            index.skipped.push({ path: file.path, reason: 'silent throughout' });
            continue;
          }
          writeSync(fd, toInt16(samples));
          index[kind].push({
            offset,
            length: samples.length,
            source: file.source,
            ...(file.speaker === undefined ? {} : { speaker: file.speaker }),
            activeRms: activeRms(samples, range),
            active,
          });
          offset += samples.length;
        }
      } finally {
        closeSync(fd);
      }
    }
    onProgress?.(total, total);
    writeFileSync(join(partial, 'index.json'), JSON.stringify(index));
    rmSync(dir, { recursive: true, force: true });
    renameSync(partial, dir);
  } finally {
    decoder.close();
    rmSync(partial, { recursive: true, force: true });
  }
  return dir;
}

function toInt16(samples: Float32Array): Uint8Array {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    out[i] = Math.max(-32768, Math.min(32767, Math.round((samples[i] as number) * 32768)));
  }
  return new Uint8Array(out.buffer);
}

export function readIndex(dir: string): CacheIndex {
  const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as CacheIndex;
  if (index.version !== CACHE_VERSION) {
    throw new DataError('DATA_FORMAT', `${dir} was written by another version`, 'Delete it.');
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
