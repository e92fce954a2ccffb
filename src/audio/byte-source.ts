import { open, type FileHandle } from 'node:fs/promises';
import { AudioError, formatError, readError } from './errors.ts';

/** Random and sequential access to the bytes of one regular file. */
export interface ByteSource {
  readonly path: string;
  /** Size in bytes when the file was opened. */
  readonly size: number;
  /** The furthest byte that was read. */
  readonly reached: number;
  /** Up to `length` bytes from `offset`; fewer only at the end of the file. */
  readAt(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a file for reading.
 * @throws AudioError AUDIO_NOT_FOUND, AUDIO_UNREADABLE, AUDIO_FORMAT (a folder, a pipe), AUDIO_EMPTY
 */
export async function openByteSource(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw readError(path, error);
  }
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw formatError(path, 'is a folder, not an audio file');
    if (!stat.isFile()) throw formatError(path, 'is not a regular file (pipes are not supported)');
    if (stat.size === 0) {
      throw new AudioError('AUDIO_EMPTY', `${path}: the file is empty (0 bytes)`);
    }
    return new FileSource(path, stat.size, handle);
  } catch (error) {
    await handle.close();
    throw error instanceof AudioError ? error : readError(path, error);
  }
}

class FileSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;
  #reached = 0;
  #closed = false;

  constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  get reached(): number {
    return this.#reached;
  }

  async readAt(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const bytes = new Uint8Array(wanted);
    let filled = 0;
    try {
      while (filled < wanted) {
        const { bytesRead } = await this.#handle.read(
          bytes,
          filled,
          wanted - filled,
          offset + filled,
        );
        if (bytesRead === 0) break; // the file shrank while being read
        filled += bytesRead;
      }
    } catch (error) {
      throw readError(this.path, error);
    }
    this.#reached = Math.max(this.#reached, offset + filled);
    return filled === wanted ? bytes : bytes.subarray(0, filled);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}

/** Reads the whole source from `offset` in pieces of at most `chunkBytes`. */
export async function* chunksOf(
  source: ByteSource,
  offset = 0,
  chunkBytes = 16384,
): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < source.size;) {
    const chunk = await source.readAt(at, chunkBytes);
    if (chunk.length === 0) return;
    at += chunk.length;
    yield chunk;
  }
}
