import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openByteSource } from '../../audio/byte-source.ts';
import { formatError, readError } from '../../audio/errors.ts';
import { isWav } from '../../audio/wav-file.ts';
import type { WorkPool } from '../work/pool.ts';

export interface DecodedFilesOptions {
  readonly pool: WorkPool;
  /** Holds the decoded files. */
  readonly folder: () => Promise<string>;
  /** Of all of them together, beyond the newest. Default 4 GiB. */
  readonly maxBytes?: number;
}

/** A file that can be read anywhere, and what tells it from the one that lay there before. */
export interface ReadableFile {
  readonly path: string;
  readonly key: string;
}

interface Decoded {
  /** Known once the work is done. */
  path: string;
  readonly work: Promise<void>;
  bytes: number;
}

const MAX_BYTES = 2 ** 32;

/**
 * WAV for every sound: a WAV itself, and for FLAC, Ogg and MP3, which can be read only from their start, a
 * decoded copy that is made once, by a worker.
 */
export class DecodedFiles {
  readonly #options: DecodedFilesOptions;
  readonly #maxBytes: number;
  /** Most recently used last. */
  readonly #decoded = new Map<string, Decoded>();
  #made = 0;

  constructor(options: DecodedFilesOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  /** @throws AudioError as `openAudio` */
  async wavOf(path: string): Promise<ReadableFile> {
    const { key, wav } = await look(path);
    if (wav) return { path, key };
    const known = this.#decoded.get(key) ?? this.#decode(key, path);
    this.#decoded.delete(key);
    this.#decoded.set(key, known);
    await known.work;
    return { path: known.path, key };
  }

  #decode(key: string, path: string): Decoded {
    const name = `decoded-${++this.#made}.wav`;
    const place = this.#options.folder().then((folder) => join(folder, name));
    const work = async (): Promise<void> => {
      try {
        const output = await place;
        decoded.path = output;
        const temporary = `${output}.part`;
        await this.#options.pool.run(
          'wav',
          { input: path, output: { path: output, temporary } },
          { temporaries: [temporary] },
        );
        decoded.bytes = (await stat(output)).size;
        await this.#makeRoom(key);
      } catch (error) {
        this.#decoded.delete(key);
        throw error;
      }
    };
    const decoded: Decoded = { path: '', work: Promise.resolve().then(work), bytes: 0 };
    return decoded;
  }

  /** Removes the least recently used ones. Whoever is reading one of them keeps it open until done. */
  async #makeRoom(newest: string): Promise<void> {
    let bytes = 0;
    for (const decoded of this.#decoded.values()) bytes += decoded.bytes;
    for (const [key, decoded] of this.#decoded) {
      if (bytes <= this.#maxBytes) return;
      if (key === newest || decoded.bytes === 0) continue;
      this.#decoded.delete(key);
      bytes -= decoded.bytes;
      await rm(decoded.path, { force: true });
    }
  }
}

async function look(path: string): Promise<{ key: string; wav: boolean }> {
  const info = await stat(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  const key = `${path}\n${info.size}\n${info.mtimeMs}`;
  const source = await openByteSource(path);
  try {
    const head = String.fromCharCode(...(await source.readAt(0, 4)));
    if (head === 'RSD\x1a')
      throw formatError(path, 'is a code stream; it has a sound once decoded');
    return { key, wav: await isWav(source) };
  } finally {
    await source.close();
  }
}
