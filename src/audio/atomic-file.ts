import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
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

/** Where a file goes, for callers that need more than its name. */
export interface FileTarget {
  /** Final name; nothing appears there before `commit`. */
  readonly path: string;
  /** The name until then, on the same file system, for callers that clean up after a process that died. */
  readonly temporary?: string;
  /** A file of that name stays: a number is added to the new one's, `a (2).wav`. Default: it is replaced. */
  readonly keepExisting?: boolean;
}

/** More files of one name than anybody has; the end of a search that should not go on. */
const MAX_NUMBERED = 10_000;

/**
 * A file that appears under its name only when complete: written under a temporary name in the
 * same folder, renamed by `commit`, removed by `abort`.
 */
export class AtomicFile {
  #path: string;
  readonly #keepExisting: boolean;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #position = 0;
  #open = true;

  private constructor(target: FileTarget, temporary: string, handle: FileHandle) {
    this.#path = target.path;
    this.#keepExisting = target.keepExisting ?? false;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** @throws AudioError AUDIO_OUTPUT when the folder is missing or not writable */
  static async create(to: string | FileTarget): Promise<AtomicFile> {
    const target = typeof to === 'string' ? { path: to } : to;
    const { path } = target;
    const temporary = target.temporary ?? temporaryName(path);
    unfinished.add(temporary);
    try {
      return new AtomicFile(target, temporary, await open(temporary, 'wx'));
    } catch (error) {
      unfinished.delete(temporary);
      throw outputError(path, error);
    }
  }

  /** The final name; with `keepExisting` known only after `commit`. */
  get path(): string {
    return this.#path;
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
    let reserved: string | undefined;
    try {
      if (this.#keepExisting) this.#path = reserved = await reserveName(this.#path);
      await rename(this.#temporary, this.#path);
    } catch (error) {
      await rm(this.#temporary, { force: true });
      if (reserved !== undefined) await rm(reserved, { force: true });
      throw outputError(this.#path, error);
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

/** A hidden name beside `path` that nothing else has. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`);
}

/** Takes the first free name by making an empty file of it, which no other process can do at the same time. */
async function reserveName(path: string): Promise<string> {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${stem} (${number})${extension}`;
    try {
      await (await open(candidate, 'wx')).close();
      return candidate;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' || number === MAX_NUMBERED) throw error;
    }
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
