import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AudioError } from './errors.ts';

/** Temporary files not yet renamed; removed when the process is interrupted. */
const unfinished = new Set<string>();

/** Deletes every half-written output of this process. For signal handlers. */
export function removeUnfinishedFiles(): void {
  for (const path of unfinished) {
    try {
      unlinkSync(path);
    } catch {
      // Already gone, which is what was wanted.
    }
  }
  unfinished.clear();
}

/**
 * A file that appears under its name only when complete: written under a temporary name in the
 * same folder, renamed by `commit`, removed by `abort`.
 */
export class AtomicFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #position = 0;
  #open = true;

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** @throws AudioError AUDIO_OUTPUT when the folder is missing or not writable */
  static async create(path: string): Promise<AtomicFile> {
    const name = `.${basename(path)}.${randomBytes(4).toString('hex')}.part`;
    const temporary = join(dirname(path), name);
    unfinished.add(temporary);
    try {
      return new AtomicFile(path, temporary, await open(temporary, 'wx'));
    } catch (error) {
      unfinished.delete(temporary);
      throw outputError(path, error);
    }
  }

  get bytesWritten(): number {
    return this.#position;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.writeAt(this.#position, bytes);
    this.#position += bytes.length;
  }

  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        const left = bytes.length - done;
        const { bytesWritten } = await this.#handle.write(bytes, done, left, offset + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw outputError(this.path, error);
    }
  }

  async commit(): Promise<void> {
    await this.#close();
    try {
      await rename(this.#temporary, this.path);
    } catch (error) {
      await rm(this.#temporary, { force: true });
      throw outputError(this.path, error);
    } finally {
      unfinished.delete(this.#temporary);
    }
  }

  /** Leaves nothing behind. Safe to call after `commit` or twice. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    await this.#close();
    await rm(this.#temporary, { force: true });
    unfinished.delete(this.#temporary);
  }

  async #close(): Promise<void> {
    this.#open = false;
    await this.#handle.close();
  }
}

function outputError(path: string, error: unknown): AudioError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why: Record<string, string> = {
    ENOENT: 'its folder does not exist',
    ENOTDIR: 'its folder is a file',
    EACCES: 'no permission to write there',
    EPERM: 'no permission to write there',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EISDIR: 'a folder of that name exists',
    ENAMETOOLONG: 'the name is too long',
  };
  return new AudioError(
    'AUDIO_OUTPUT',
    `${path}: cannot be written (${why[code ?? ''] ?? message})`,
    'Choose another place with -o.',
  );
}
