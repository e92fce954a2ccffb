import type { Transfer } from '../../ipc/app/media.ts';
import type { AppClient } from '../client/app-client.ts';

/** Fetches a file that the app made, and lets the browser save it. */
export async function saveTransfer(
  client: Pick<AppClient, 'call'>,
  transfer: Transfer,
  save: (blob: Blob, name: string) => void = saveBlob,
): Promise<void> {
  const { id, name, mimeType, bytes } = transfer;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  try {
    for (let offset = 0; offset < bytes;) {
      const piece = await client.call('transfer.read', { id, offset });
      if (piece.length === 0) throw new Error(`“${name}” ended after ${offset} of ${bytes} bytes.`);
      pieces.push(new Uint8Array(piece));
      offset += piece.length;
    }
  } finally {
    await client.call('transfer.end', { id }).catch(() => {});
  }
  save(new Blob(pieces, { type: mimeType }), name);
}

export const saveText = (text: string, name: string, type: string): void =>
  saveBlob(new Blob([text], { type }), name);

export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @returns `text` as a file name on every system: no separators, no signs with a meaning, not too long */
export function fileNameOf(text: string, extension: string): string {
  const plain = text
    .normalize('NFC')
    .replaceAll(/[\p{Cc}<>:"/\\|?*]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, 80)
    .trim();
  return `${plain === '' ? 'residua' : plain}.${extension}`;
}
