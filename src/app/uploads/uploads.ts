import { mkdir, open, rm, statfs, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ResiduaError, UsageError } from '../../common/errors.ts';
import { Turns } from '../../common/turns.ts';
import { MAX_UPLOAD_BYTES } from '../../ipc/app/jobs.ts';
import { MAX_PIECE_BYTES } from '../../ipc/app/media.ts';

export interface UploadsOptions {
  /** Holds the files; made when the first one comes. */
  readonly folder: () => Promise<string>;
  /** Of all uploads together, those in use included. Default 8 GiB. */
  readonly maxBytes?: number;
  /** Left free on the disk. Default 256 MiB. */
  readonly reserveBytes?: number;
  /** An upload that nothing comes for and that nobody uses is removed after this. Default 5 min. */
  readonly abandonedMs?: number;
}

/** A file that has arrived. */
export interface Uploaded {
  readonly path: string;
  /** As the person knows it. */
  readonly name: string;
  /** Deletes it. Safe to call twice. */
  release(): Promise<void>;
}

interface Upload {
  /** Empty until its file is open. */
  folder: string;
  path: string;
  readonly name: string;
  readonly bytes: number;
  readonly turns: Turns;
  handle: FileHandle | undefined;
  received: number;
  isClaimed: boolean;
  abandoned: NodeJS.Timeout | undefined;
}

const MAX_ALL_BYTES = 2 ** 33;
const RESERVE_BYTES = 2 ** 28;
const ABANDONED_MS = 300_000;
/** Every unfinished one holds a file open. */
const MAX_OPEN = 100;

/** Files that a browser sends, piece by piece and in order, into the app's temporary folder. */
export class Uploads {
  readonly #options: Required<UploadsOptions>;
  readonly #uploads = new Map<string, Upload>();
  #made = 0;

  constructor(options: UploadsOptions) {
    this.#options = {
      maxBytes: MAX_ALL_BYTES,
      reserveBytes: RESERVE_BYTES,
      abandonedMs: ABANDONED_MS,
      ...options,
    };
  }

  /**
   * @param bytes size of the whole file; 0 is a file too
   * @returns the upload's id
   * @throws ResiduaError `UPLOAD_TOO_LARGE`, `UPLOAD_LIMIT`, `DISK_FULL`, `TEMPORARY_FOLDER`
   */
  async begin(name: string, bytes: number): Promise<string> {
    this.#checkRoom(name, bytes);
    const id = `upload-${++this.#made}`;
    const upload: Upload = {
      folder: '',
      path: '',
      name,
      bytes,
      turns: new Turns(),
      handle: undefined,
      received: 0,
      isClaimed: false,
      abandoned: undefined,
    };
    // Counted from now on: others may begin while this one waits for the disk.
    this.#uploads.set(id, upload);
    try {
      const parent = await this.#options.folder();
      await this.#checkDisk(parent, bytes);
      upload.folder = join(parent, id);
      await mkdir(upload.folder);
      const path = join(upload.folder, safeName(name));
      upload.handle = await open(path, 'wx', 0o600);
      upload.path = path;
      if (bytes === 0) await this.#complete(upload);
      this.#expectMore(id, upload);
      return id;
    } catch (error) {
      await this.#remove(id);
      throw writeError(name, error);
    }
  }

  /**
   * @param offset where it belongs; pieces come in order
   * @returns bytes received so far
   * @throws UsageError `UPLOAD_UNKNOWN`, `UPLOAD_ORDER`, `UPLOAD_SIZE`; ResiduaError `DISK_FULL`, `UPLOAD_WRITE`.
   * The upload ends with any but the first
   */
  async piece(id: string, offset: number, bytes: Uint8Array): Promise<number> {
    const upload = this.#find(id);
    return upload.turns.take(async () => {
      try {
        this.#checkPiece(id, upload, offset, bytes);
        await writeAll(upload.handle!, bytes, offset);
        upload.received += bytes.length;
        if (upload.received === upload.bytes) await this.#complete(upload);
        this.#expectMore(id, upload);
        return upload.received;
      } catch (error) {
        if (!isUnknown(error)) await this.#remove(id);
        throw writeError(upload.name, error);
      }
    });
  }

  /** Gives one up that nobody uses yet; nothing happens to any other. */
  async cancel(id: string): Promise<void> {
    const upload = this.#uploads.get(id);
    if (upload && !upload.isClaimed) await upload.turns.take(() => this.#remove(id));
  }

  /**
   * Hands over a file that has arrived, once. It stays until it is released.
   * @throws UsageError `UPLOAD_UNKNOWN`, `UPLOAD_INCOMPLETE`
   */
  claim(id: string): Uploaded {
    const upload = this.#find(id);
    if (upload.isClaimed || upload.path === '') throw unknown(id);
    if (upload.received < upload.bytes || upload.handle) {
      throw new UsageError(
        `${upload.name}: only ${upload.received} of ${upload.bytes} bytes have arrived`,
        { code: 'UPLOAD_INCOMPLETE', hint: 'Send the file again.' },
      );
    }
    upload.isClaimed = true;
    clearTimeout(upload.abandoned);
    const { path, name } = upload;
    return { path, name, release: () => this.#remove(id) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#uploads.keys()].map((id) => this.#remove(id)));
  }

  #find(id: string): Upload {
    const upload = this.#uploads.get(id);
    if (!upload) throw unknown(id);
    return upload;
  }

  #checkRoom(name: string, bytes: number): void {
    if (bytes > MAX_UPLOAD_BYTES) {
      throw new ResiduaError(
        'UPLOAD_TOO_LARGE',
        `${name} has ${gigabytes(bytes)}; a browser can send ${gigabytes(MAX_UPLOAD_BYTES)} at most`,
        { hint: 'Use the desktop app or `residua denoise`, or cut the file into parts.' },
      );
    }
    let all = bytes;
    let unfinished = 0;
    for (const upload of this.#uploads.values()) {
      all += upload.bytes;
      if (upload.handle) unfinished += 1;
    }
    if (all > this.#options.maxBytes || unfinished >= MAX_OPEN) {
      throw new ResiduaError('UPLOAD_LIMIT', `${name}: too much has been sent already`, {
        hint: 'Take finished files off the list first.',
      });
    }
  }

  async #checkDisk(folder: string, bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    if (bytes + this.#options.reserveBytes > bavail * bsize) {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    }
  }

  #checkPiece(id: string, upload: Upload, offset: number, bytes: Uint8Array): void {
    const { name, received } = upload;
    if (this.#uploads.get(id) !== upload || upload.isClaimed) throw unknown(id);
    if (offset !== received || !upload.handle) {
      throw new UsageError(
        `${name}: a piece came for byte ${offset} where ${received} was expected`,
        { code: 'UPLOAD_ORDER', hint: 'Send the file again.' },
      );
    }
    if (bytes.length > MAX_PIECE_BYTES || received + bytes.length > upload.bytes) {
      throw new UsageError(`${name}: more came than the ${upload.bytes} bytes announced`, {
        code: 'UPLOAD_SIZE',
        hint: 'The file may have changed meanwhile; send it again.',
      });
    }
  }

  async #complete(upload: Upload): Promise<void> {
    const { handle } = upload;
    upload.handle = undefined;
    await handle?.close();
  }

  #expectMore(id: string, upload: Upload): void {
    clearTimeout(upload.abandoned);
    if (upload.isClaimed || this.#uploads.get(id) !== upload) return;
    upload.abandoned = setTimeout(() => {
      void this.cancel(id).catch(() => undefined);
    }, this.#options.abandonedMs).unref();
  }

  async #remove(id: string): Promise<void> {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    this.#uploads.delete(id);
    clearTimeout(upload.abandoned);
    await this.#complete(upload).catch(() => undefined);
    if (upload.folder !== '') await rm(upload.folder, { recursive: true, force: true });
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const left = bytes.length - done;
    done += (await handle.write(bytes, done, left, offset + done)).bytesWritten;
  }
}

/** A file name that means nothing to any system, with the ending that the person sees. */
function safeName(name: string): string {
  const flat = basename(name.replaceAll('\\', '/')).replaceAll(/[^\p{L}\p{N} ._()-]/gu, '_');
  return `_${flat.slice(-100)}`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function unknown(id: string): UsageError {
  return new UsageError(`there is no upload '${id}'`, {
    code: 'UPLOAD_UNKNOWN',
    hint: 'It was given up or is in use; send the file again.',
  });
}

function isUnknown(error: unknown): boolean {
  return error instanceof ResiduaError && error.code === 'UPLOAD_UNKNOWN';
}

function writeError(name: string, error: unknown): unknown {
  if (error instanceof ResiduaError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ResiduaError('DISK_FULL', `${name}: there is no room for it on the app's disk`, {
      hint: 'Free some space, or take finished files off the list.',
      cause: error,
    });
  }
  return new ResiduaError('UPLOAD_WRITE', `${name} cannot be kept (${code ?? String(error)})`, {
    hint: 'Try again.',
    cause: error,
  });
}
