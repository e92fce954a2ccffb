import { MAX_UPLOAD_BYTES } from '../../ipc/app/jobs.ts';
import { MAX_PIECE_BYTES } from '../../ipc/app/media.ts';
import type { AppClient } from '../client/app-client.ts';

export interface UploadOptions {
  /** @param progress 0..1 */
  readonly onProgress?: (progress: number) => void;
  readonly signal?: AbortSignal;
}

/** Why a file cannot be sent. */
export type UploadObstacle = 'empty' | 'too-large';

/** @returns what is known to go wrong before the first byte; `null`: nothing */
export function uploadObstacle({ size }: Pick<File, 'size'>): UploadObstacle | null {
  if (size === 0) return 'empty';
  return size > MAX_UPLOAD_BYTES ? 'too-large' : null;
}

/**
 * Sends a file to the app, piece by piece, each after the one before has arrived.
 * @returns the upload's id
 * @throws the app's errors; an `AbortError` when it was given up; `NotFoundError` and the like when the file
 * cannot be read: it is a folder, or has changed. The app has then forgotten what it got
 */
export async function uploadFile(
  client: Pick<AppClient, 'call'>,
  file: File,
  { onProgress, signal }: UploadOptions = {},
): Promise<string> {
  signal?.throwIfAborted();
  // A folder looks like a file until it is read: find out before the app is bothered.
  await file.slice(0, 1).arrayBuffer();
  const name = file.name.slice(-255) || 'sound';
  const { id } = await client.call('upload.begin', { name, bytes: file.size });
  try {
    for (let offset = 0; offset < file.size;) {
      signal?.throwIfAborted();
      const piece = await file.slice(offset, offset + MAX_PIECE_BYTES).arrayBuffer();
      const bytes = new Uint8Array(piece);
      const received = await client.call('upload.piece', { id, offset, bytes });
      if (received <= offset) throw new Error(`“${file.name}” stopped arriving.`);
      offset = received;
      onProgress?.(offset / file.size);
    }
    signal?.throwIfAborted();
  } catch (error) {
    await client.call('upload.cancel', { id }).catch(() => {});
    throw error;
  }
  return id;
}
