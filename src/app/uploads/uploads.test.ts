import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_UPLOAD_BYTES } from '../../ipc/app/jobs.ts';
import { MAX_PIECE_BYTES } from '../../ipc/app/media.ts';
import { Uploads, type UploadsOptions } from './uploads.ts';

let folder: string;
let uploads: Uploads;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-uploads-'));
  open();
});
afterEach(async () => {
  await uploads.close();
  await rm(folder, { recursive: true });
});

const open = (options: Partial<UploadsOptions> = {}): Uploads =>
  (uploads = new Uploads({ folder: async () => folder, ...options }));
const bytes = (length: number, start = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (start + i) & 255);

describe('files that a browser sends', () => {
  it('arrive byte for byte, whatever the pieces, and are there until released', async () => {
    const id = await uploads.begin('Straße 1.wav', 1000);
    const counts = await Promise.all([
      uploads.piece(id, 0, bytes(400)),
      uploads.piece(id, 400, bytes(0)),
      uploads.piece(id, 400, bytes(600, 400)),
    ]);
    expect(counts).toEqual([400, 400, 1000]);
    const file = uploads.claim(id);
    expect(file.name).toBe('Straße 1.wav');
    expect(new Uint8Array(await readFile(file.path))).toEqual(bytes(1000));
    expect(() => uploads.claim(id)).toThrow(/no upload/);
    await uploads.cancel(id);
    expect(await readFile(file.path)).toHaveLength(1000);
    await file.release();
    await file.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('an empty one is a file too', async () => {
    const file = uploads.claim(await uploads.begin('empty.wav', 0));
    expect(await readFile(file.path)).toHaveLength(0);
  });

  it.each([
    '../../etc/passwd',
    '..\\..\\boot.ini',
    '/abs',
    'a\0b',
    '..',
    '.',
    'C:x',
    '💥'.repeat(80),
  ])('the name %j leads nowhere else', async (name) => {
    const id = await uploads.begin(name, 1);
    await uploads.piece(id, 0, bytes(1));
    const file = uploads.claim(id);
    expect(file.name).toBe(name);
    expect(dirname(dirname(file.path))).toBe(folder);
  });

  it('what comes out of order, in excess or in too large a piece ends the upload', async () => {
    const failing = async (pieces: [number, Uint8Array][], code: string): Promise<void> => {
      const id = await uploads.begin('a.wav', 10);
      const [last, ...before] = pieces.reverse();
      for (const [offset, piece] of before.reverse()) await uploads.piece(id, offset, piece);
      await expect(uploads.piece(id, ...last!)).rejects.toMatchObject({ code, exitCode: 2 });
      await expect(uploads.piece(id, 0, bytes(1))).rejects.toMatchObject({
        code: 'UPLOAD_UNKNOWN',
      });
      expect(await readdir(folder)).toEqual([]);
    };
    await failing([[1, bytes(5)]], 'UPLOAD_ORDER');
    await failing(
      [
        [0, bytes(5)],
        [0, bytes(5)],
      ],
      'UPLOAD_ORDER',
    );
    await failing([[0, bytes(11)]], 'UPLOAD_SIZE');
    await failing(
      [
        [0, bytes(5)],
        [5, bytes(6)],
      ],
      'UPLOAD_SIZE',
    );
    await failing(
      [
        [0, bytes(10)],
        [10, bytes(1)],
      ],
      'UPLOAD_ORDER',
    );
    const id = await uploads.begin('a.wav', 2 * MAX_PIECE_BYTES);
    await expect(uploads.piece(id, 0, bytes(MAX_PIECE_BYTES + 1))).rejects.toMatchObject({
      code: 'UPLOAD_SIZE',
    });
  });

  it('one that is not complete cannot be used', async () => {
    const id = await uploads.begin('a.wav', 10);
    await uploads.piece(id, 0, bytes(9));
    expect(() => uploads.claim(id)).toThrow(/9 of 10 bytes/);
    expect(() => uploads.claim('upload-99')).toThrow(/no upload/);
  });

  it('refuses what is too large, alone or together, before a byte has come', async () => {
    await expect(uploads.begin('big.wav', 3e9)).rejects.toMatchObject({
      code: 'UPLOAD_TOO_LARGE',
      message: 'big.wav has 3.0 GB; a browser can send 2.1 GB at most',
    });
    await expect(uploads.begin('big.wav', MAX_UPLOAD_BYTES + 1)).rejects.toThrow();
    open({ maxBytes: 1000 });
    const first = await uploads.begin('a.wav', 600);
    await expect(uploads.begin('b.wav', 600)).rejects.toMatchObject({ code: 'UPLOAD_LIMIT' });
    const both = await Promise.allSettled([uploads.begin('c', 300), uploads.begin('d', 300)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await uploads.cancel(first);
    await expect(uploads.begin('b.wav', 600)).resolves.toMatch(/^upload-/);
  });

  it('leaves room on the disk', async () => {
    open({ reserveBytes: Number.MAX_SAFE_INTEGER });
    await expect(uploads.begin('a.wav', 1)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('one that is given up or abandoned leaves nothing behind', async () => {
    const given = await uploads.begin('a.wav', 10);
    await uploads.piece(given, 0, bytes(5));
    await uploads.cancel(given);
    await uploads.cancel(given);
    await uploads.cancel('upload-77');
    expect(await readdir(folder)).toEqual([]);
    open({ abandonedMs: 30 });
    const complete = await uploads.begin('used.wav', 1);
    await uploads.piece(complete, 0, bytes(1));
    const { path } = uploads.claim(complete);
    await uploads.begin('abandoned.wav', 10);
    await vi.waitFor(async () => expect(await readdir(folder)).toHaveLength(1));
    expect(await readFile(path)).toHaveLength(1);
  });

  it('closing removes all of them', async () => {
    await uploads.begin('a.wav', 10);
    uploads.claim(await uploads.begin('b.wav', 0));
    await uploads.close();
    expect(await readdir(folder)).toEqual([]);
  });
});
