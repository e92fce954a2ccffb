/** The few things a recording asks of a disk, and what its refusals mean to a person. */
import {
  mkdir,
  open,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorMessage, ResiduaError } from '../../common/errors.ts';

/** A file that grows at its end and is patched at its start. */
export interface RecordingFile {
  readonly path: string;
  /** Bytes appended so far, in full. */
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites from the start of the file; needs no new space on it. */
  patchStart(bytes: Uint8Array): Promise<void>;
  /** Cuts the file; the next `append` goes there. */
  truncate(size: number): Promise<void>;
  /** Until it returns, a power cut may lose what was written. */
  sync(): Promise<void>;
  /** false once nothing in the file system leads to the file: it or its folder was deleted. */
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
}

export interface RecordingDisk {
  makeFolder(folder: string): Promise<void>;
  /** A new file. @throws with errno EEXIST when there is one of that name */
  create(path: string): Promise<RecordingFile>;
  remove(path: string): Promise<void>;
  /** Writes a small text file so that a reader sees the old text or the new one, never a half. */
  replaceText(path: string, text: string): Promise<void>;
  /** Bytes that this user may still write below `folder`. */
  freeBytes(folder: string): Promise<number>;
}

export const nodeDisk: RecordingDisk = {
  makeFolder: (folder) => makeFolder(resolve(folder)),
  async create(path) {
    return new NodeFile(path, await open(path, 'wx'));
  },
  remove: (path) => rm(path, { force: true }),
  async replaceText(path, text) {
    const temporary = `${path}.part`;
    try {
      await writeFile(temporary, text);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  },
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};

/** Not `mkdir` with `recursive`: that never returns where a folder refuses new ones with ENOENT, as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  const isFolder = (path: string): Promise<boolean> =>
    stat(path).then(
      (info) => info.isDirectory(),
      () => false,
    );
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isFolder(folder))) return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || (await isFolder(parent))) throw error;
    await makeFolder(parent);
    await mkdir(folder);
  }
}

class NodeFile implements RecordingFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #size = 0;
  #open = true;

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#writeAt(this.#size, bytes);
    this.#size += bytes.length;
  }

  patchStart(bytes: Uint8Array): Promise<void> {
    return this.#writeAt(0, bytes);
  }

  async truncate(size: number): Promise<void> {
    await this.#handle.truncate(size);
    this.#size = size;
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async isReachable(): Promise<boolean> {
    return (await this.#handle.stat()).nlink > 0;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
  }

  async #writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const left = bytes.length - done;
      const { bytesWritten } = await this.#handle.write(bytes, done, left, offset + done);
      done += bytesWritten;
    }
  }
}

export type RecordingErrorCode =
  /** Starting, or going on, would leave less free space than is to be kept. */
  | 'RECORDING_DISK_LOW'
  | 'RECORDING_DISK_FULL'
  | 'RECORDING_FOLDER_GONE'
  | 'RECORDING_NOT_WRITABLE'
  | 'RECORDING_FAILED';

const FULL = ['ENOSPC', 'EDQUOT'];
const GONE = ['ENOENT', 'ENODEV', 'ENXIO', 'EIO', 'ESTALE', 'ENOTCONN'];
const DENIED = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'];

/** @param path what could not be written */
export function recordingError(path: string, cause: unknown): ResiduaError {
  if (cause instanceof ResiduaError) return cause;
  const errno = (cause as NodeJS.ErrnoException).code ?? '';
  const make = (code: RecordingErrorCode, why: string, hint: string): ResiduaError =>
    new ResiduaError(code, `${path} cannot be recorded to: ${why}`, { hint, cause });
  if (FULL.includes(errno)) {
    return make('RECORDING_DISK_FULL', 'the disk is full', 'Free some space, or record elsewhere.');
  }
  if (GONE.includes(errno)) return folderGone(path, cause);
  if (DENIED.includes(errno)) {
    const why = {
      EROFS: 'the file system is read-only',
      ENOTDIR: 'its folder is a file',
      EEXIST: 'its folder is a file',
    }[errno];
    const hint = 'Choose another folder to record to.';
    return make('RECORDING_NOT_WRITABLE', why ?? 'no permission to write there', hint);
  }
  const why = errorMessage(cause);
  return make('RECORDING_FAILED', why, 'Choose another folder to record to.');
}

export function folderGone(path: string, cause?: unknown): ResiduaError {
  const code: RecordingErrorCode = 'RECORDING_FOLDER_GONE';
  return new ResiduaError(code, `${path} was removed while it was being recorded to`, {
    hint: 'Start a new recording, in a folder that stays.',
    cause,
  });
}

export function diskLow(folder: string, freeBytes: number, reserveBytes: number): ResiduaError {
  const code: RecordingErrorCode = 'RECORDING_DISK_LOW';
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  return new ResiduaError(
    code,
    `${folder} has ${mib(freeBytes)} free, and ${mib(reserveBytes)} are to stay free`,
    { hint: 'Free some space, record elsewhere, or keep less free.' },
  );
}
