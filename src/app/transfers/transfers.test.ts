import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_PIECE_BYTES } from '../../ipc/app/media.ts';
import { Transfers } from './transfers.ts';

let folder: string;
let transfers: Transfers;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-transfers-'));
  transfers = new Transfers();
});
afterEach(async () => {
  await transfers.close();
  await rm(folder, { recursive: true });
});

const bytes = Uint8Array.from({ length: MAX_PIECE_BYTES * 2 + 77 }, (_, i) => (i * 7) & 255);
async function source(isTemporary = false, name = 'a.bin') {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return { path, name: 'Voice.wav', mimeType: 'audio/wav', isTemporary };
}

describe('files that the window fetches', () => {
  it('come in pieces, byte for byte', async () => {
    const transfer = await transfers.offer(await source());
    expect(transfer).toMatchObject({
      name: 'Voice.wav',
      mimeType: 'audio/wav',
      bytes: bytes.length,
    });
    const fetched: number[] = [];
    for (;;) {
      const piece = await transfers.read(transfer.id, fetched.length);
      if (piece.length === 0) break;
      for (const byte of piece) fetched.push(byte);
    }
    expect(Uint8Array.from(fetched)).toEqual(bytes);
    expect(await transfers.read(transfer.id, 1e12)).toHaveLength(0);
  });

  it('are deleted at the end only when they were made for it', async () => {
    const kept = await transfers.offer(await source(false, 'kept'));
    const temporary = await transfers.offer(await source(true, 'temporary'));
    await transfers.end(kept.id);
    await transfers.end(temporary.id);
    await transfers.end(temporary.id);
    await transfers.end('transfer-99');
    expect(await readdir(folder)).toEqual(['kept']);
    await expect(transfers.read(temporary.id, 0)).rejects.toMatchObject({
      code: 'TRANSFER_UNKNOWN',
    });
  });

  it('are let go when nobody reads them any more', async () => {
    transfers = new Transfers({ idleMs: 30 });
    await transfers.offer(await source(true));
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual([]));
  });

  it('say what is wrong with the file', async () => {
    const from = await source();
    await expect(transfers.offer({ ...from, path: join(folder, 'absent') })).rejects.toMatchObject({
      code: 'TRANSFER_UNREADABLE',
    });
    await expect(transfers.offer({ ...from, path: folder })).rejects.toMatchObject({
      code: 'TRANSFER_UNREADABLE',
    });
    const transfer = await transfers.offer(from);
    await truncate(from.path, 10);
    await expect(transfers.read(transfer.id, 0)).rejects.toThrow(/became shorter/);
  });

  it('are only so many at a time', async () => {
    const from = await source();
    for (let i = 0; i < 64; i++) await transfers.offer(from);
    await expect(transfers.offer(from)).rejects.toMatchObject({ code: 'TRANSFER_LIMIT' });
  });
});
