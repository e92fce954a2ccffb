import { open, rm, type FileHandle } from 'node:fs/promises';
import { ResiduaError, UsageError } from '../../common/errors.ts';
import { MAX_PIECE_BYTES, type Transfer } from '../../ipc/app/media.ts';
import type { TransferSource } from '../handlers.ts';

interface Open {
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly source: TransferSource;
  idle: NodeJS.Timeout;
}

export interface TransfersOptions {
  /** A transfer that nobody reads from is ended after this. Default 10 min. */
  readonly idleMs?: number;
}

const IDLE_MS = 600_000;
/** A window saves one file at a time; more than this is a mistake, and every one holds a file open. */
const MAX_OPEN = 64;

/** Files that the window fetches piece by piece. */
export class Transfers {
  readonly #open = new Map<string, Open>();
  readonly #idleMs: number;
  #made = 0;

  constructor(options: TransfersOptions = {}) {
    this.#idleMs = options.idleMs ?? IDLE_MS;
  }

  /** @throws ResiduaError `TRANSFER_UNREADABLE`, `TRANSFER_LIMIT` */
  async offer(source: TransferSource): Promise<Transfer> {
    if (this.#open.size >= MAX_OPEN) {
      throw new ResiduaError('TRANSFER_LIMIT', `${MAX_OPEN} files are being fetched already`, {
        hint: 'Wait until one of them is saved.',
      });
    }
    const id = `transfer-${++this.#made}`;
    const { handle, bytes } = await openFile(source);
    this.#open.set(id, { handle, bytes, source, idle: this.#endLater(id) });
    return { id, name: source.name, mimeType: source.mimeType, bytes };
  }

  /** @returns at most MAX_PIECE_BYTES from `offset`; nothing at the end */
  async read(id: string, offset: number): Promise<Uint8Array<ArrayBuffer>> {
    const transfer = this.#open.get(id);
    if (!transfer) throw unknown(id);
    clearTimeout(transfer.idle);
    transfer.idle = this.#endLater(id);
    const length = Math.max(0, Math.min(MAX_PIECE_BYTES, transfer.bytes - offset));
    const piece = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { handle } = transfer;
      const { bytesRead } = await handle
        .read(piece, filled, length - filled, offset + filled)
        .catch((error: NodeJS.ErrnoException) => {
          throw unreadable(transfer.source.name, error.code);
        });
      if (bytesRead === 0) throw unreadable(transfer.source.name, 'it became shorter');
      filled += bytesRead;
    }
    return piece;
  }

  /** Safe to call twice. */
  async end(id: string): Promise<void> {
    const transfer = this.#open.get(id);
    if (!transfer) return;
    this.#open.delete(id);
    clearTimeout(transfer.idle);
    await transfer.handle.close();
    if (transfer.source.isTemporary) await rm(transfer.source.path, { force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.end(id)));
  }

  #endLater(id: string): NodeJS.Timeout {
    return setTimeout(() => void this.end(id).catch(() => undefined), this.#idleMs).unref();
  }
}

async function openFile({
  path,
  name,
}: TransferSource): Promise<{ handle: FileHandle; bytes: number }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const info = await handle.stat();
    if (!info.isFile()) throw unreadable(name, 'it is not a file');
    return { handle, bytes: info.size };
  } catch (error) {
    await handle?.close();
    throw error instanceof ResiduaError
      ? error
      : unreadable(name, (error as NodeJS.ErrnoException).code);
  }
}

function unreadable(name: string, why = 'unknown error'): ResiduaError {
  return new ResiduaError('TRANSFER_UNREADABLE', `${name} cannot be read (${why})`, {
    hint: 'It may have been moved or deleted.',
  });
}

function unknown(id: string): UsageError {
  return new UsageError(`there is no transfer '${id}'`, {
    code: 'TRANSFER_UNKNOWN',
    hint: 'It has ended; start it again.',
  });
}
