import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadTinyModel, TapFeed, testTone } from '../../../test/fixtures/tap-feed.ts';
import { readAudio } from '../../audio/open-audio.ts';
import { Recorder } from '../../engine/recorder/recorder.ts';
import { recordingSchema, type Recording } from '../../ipc/app/library.ts';
import type { TransferSource } from '../handlers.ts';
import { Library, type LibraryOptions } from './library.ts';

let root: string;
let folder: string;
let count = 0;
let isRecording: boolean;
let offered: TransferSource[];
const changed = vi.fn();
const writeFlac = vi.fn();
const writeWav = vi.fn();
let library: Library;
/** Recorders whose files are taken for those of a crash. */
const left: Recorder[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'residua-library-'));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = join(root, String(count++));
  await mkdir(folder);
  isRecording = false;
  offered = [];
  for (const mock of [changed, writeFlac, writeWav]) mock.mockReset();
  library = create();
});
afterEach(async () => {
  library.close();
  for (const recorder of left.splice(0)) await recorder.stop();
});

function create(options: Partial<LibraryOptions> = {}): Library {
  return new Library({
    folder: () => folder,
    isRecording: () => isRecording,
    changed,
    work: () => ({
      offer: async (source) => {
        offered.push(source);
        const { name, mimeType } = source;
        return { id: 't', name, mimeType, bytes: (await stat(source.path)).size };
      },
      writeFlac: async (input, output) => {
        writeFlac(input);
        await copyFile(input, output);
      },
      writeWav: async (input, output) => {
        writeWav(input);
        await copyFile(input, output);
      },
    }),
    temporaryFolder: async () => root,
    ...options,
  });
}

const list = (): Promise<Recording[]> => library.handlers['library.list'](null);

interface Take {
  at?: string;
  quantizers?: readonly [string, number?][];
  sampleFormat?: '16' | '24' | 'float';
  /** Not stopped: as if it were still going, or had crashed. */
  leaves?: boolean;
}

/** Records 1.2 s through each quantizer. @returns the recording's id */
async function take({
  at = '2026-11-25T14:03:12',
  quantizers = [['rvq']],
  sampleFormat = '24',
  leaves = false,
}: Take = {}): Promise<string> {
  const model = await loadTinyModel();
  const feed = new TapFeed(model);
  const recorder = await Recorder.start({
    folder,
    manifest: model.manifest,
    quantizer: quantizers[0]![0],
    sampleFormat,
    now: () => new Date(at),
  });
  if (leaves) left.push(recorder);
  recorder.begin(feed.format);
  for (const [quantizer, codebooks] of quantizers) {
    await feed.play(recorder, testTone(19_200), quantizer, codebooks);
  }
  if (leaves)
    await vi.waitFor(() => expect(recorder.status().seconds).toBeGreaterThan(0.5), 10_000);
  else await recorder.stop();
  await feed.dispose();
  return (await readdir(folder)).find((name) => name.endsWith('.json'))!.slice(0, -5);
}

/** Files were written last a while ago. */
async function age(seconds = 60): Promise<void> {
  const then = Date.now() / 1000 - seconds;
  for (const name of await readdir(folder)) await utimes(join(folder, name), then, then);
}

/** What an archive without compression holds, by its directory, checked. */
function unzip(bytes: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = bytes.length - 22;
  expect(bytes.readUInt32LE(end)).toBe(0x06054b50);
  let at = bytes.readUInt32LE(end + 16);
  expect(at + bytes.readUInt32LE(end + 12)).toBe(end);
  for (let i = 0; i < bytes.readUInt16LE(end + 10); i++) {
    expect(bytes.readUInt32LE(at)).toBe(0x02014b50);
    const [size, nameBytes] = [bytes.readUInt32LE(at + 24), bytes.readUInt16LE(at + 28)];
    const name = bytes.toString('utf8', at + 46, at + 46 + nameBytes);
    const local = bytes.readUInt32LE(at + 42);
    expect(bytes.readUInt32LE(local)).toBe(0x04034b50);
    // Both headers say the same, from the flags on.
    expect(bytes.subarray(local + 6, local + 30)).toEqual(bytes.subarray(at + 8, at + 32));
    expect(bytes.toString('utf8', local + 30, local + 30 + nameBytes)).toBe(name);
    const content = bytes.subarray(local + 30 + nameBytes, local + 30 + nameBytes + size);
    expect(crc32(content)).toBe(bytes.readUInt32LE(at + 16));
    files.set(name, content);
    at += 46 + nameBytes;
  }
  expect(at).toBe(end);
  return files;
}

const remove = (id: string) => library.handlers['library.delete']({ id });

describe('the library', () => {
  it('is empty where there is no folder yet', async () => {
    folder = join(root, 'not made yet');
    expect(await list()).toEqual([]);
  });

  it('says so when the folder cannot be read', async () => {
    folder = join(root, 'a file');
    await writeFile(folder, '');
    await expect(list()).rejects.toMatchObject({ code: 'LIBRARY_UNREADABLE' });
  });

  it('lists what was recorded, the newest first', async () => {
    await take({ quantizers: [['rvq', 2], ['none'], ['rvq', 3]] });
    await take({ at: '2026-11-26T09:00:00', quantizers: [['none']] });
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await writeFile(join(folder, 'package.json'), '{"name": "x"}');
    const recordings = await list();
    for (const recording of recordings) recordingSchema.parse(recording);
    expect(recordings).toMatchObject([
      {
        id: 'residua_2026-11-26_09-00-00_none',
        name: '2026-11-26 09:00:00',
        quantizers: [{ id: 'none', codebooks: 0, kbps: 0 }],
        has: { raw: true, enhanced: true, codes: false },
      },
      {
        id: 'residua_2026-11-25_14-03-12_rvq',
        startedAt: new Date('2026-11-25T14:03:12').toISOString(),
        sampleRateHz: 16_000,
        quantizers: [{ id: 'rvq', codebooks: 3, kbps: 1.2 }],
        has: { raw: true, enhanced: true, codes: true },
        isRecording: false,
        isRecovered: false,
        problem: null,
      },
    ]);
    expect(recordings[1]!.seconds).toBeCloseTo(3.6, 1);
    expect(recordings[1]!.bytes).toBeGreaterThan(2 * 3 * 16_000 * 3.5);
  });

  it('reads each only once', async () => {
    const id = await take();
    for (let i = 1; i < 200; i++) {
      const names = (await readdir(folder)).filter((name) => name.startsWith(`${id}.`));
      for (const name of names) {
        await copyFile(join(folder, name), join(folder, `copy${i}${name.slice(id.length)}`));
      }
    }
    const first = await list();
    expect(first).toHaveLength(200);
    const again = await list();
    // What was read before is not merely equal.
    expect(again.every((recording, i) => recording === first[i])).toBe(true);
    await truncate(join(folder, 'copy7.raw.wav'), 10);
    const third = await list();
    expect(third.filter((recording) => !first.includes(recording)).map(({ id }) => id)).toEqual([
      'copy7',
    ]);
  });

  describe('what a crash left', () => {
    it.each(['16', '24', 'float'] as const)(
      'is mended and listed (%s bit)',
      async (sampleFormat) => {
        const id = await take({ leaves: true, sampleFormat });
        // The process died between two writes: one file is longer, neither header says all.
        const raw = join(folder, `${id}.raw.wav`);
        const whole = (await readAudio(raw)).channels[0]!.length;
        await writeFile(raw, new Uint8Array(1001), { flag: 'a' });
        await age();
        const [recording] = await list();
        expect(recording).toMatchObject({
          id,
          isRecovered: true,
          isRecording: false,
          problem: null,
        });
        expect(recording!.seconds).toBe(whole / 16_000);
        for (const which of ['raw', 'enhanced'] as const) {
          const { channels } = await readAudio(await library.file(id, which));
          expect(channels[0]!.length).toBe(whole);
        }
        const sidecar = JSON.parse(await readFile(join(folder, `${id}.json`), 'utf8'));
        expect(sidecar).toMatchObject({ samples: whole, ended: null, recovered: true });
        expect(await create().handlers['library.list'](null)).toEqual([recording]);
      },
    );

    it('goes when there was no sound in it', async () => {
      const model = await loadTinyModel();
      left.push(await Recorder.start({ folder, manifest: model.manifest, quantizer: 'rvq' }));
      await age();
      expect(await list()).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    });

    it('is not touched while somebody may still be writing', async () => {
      const id = await take({ leaves: true });
      expect(await list()).toMatchObject([{ id, isRecording: true, isRecovered: false }]);
      await age();
      expect(await list()).toMatchObject([{ id, isRecording: false, isRecovered: true }]);
    });

    it('is told from what is being recorded now', async () => {
      await take({ leaves: true, at: '2026-11-25T10:00:00' });
      await take({ leaves: true, at: '2026-11-25T11:00:00' });
      await age();
      isRecording = true;
      expect(await list()).toMatchObject([
        { startedAt: new Date('2026-11-25T11:00:00').toISOString(), isRecording: true },
        { isRecovered: true },
      ]);
    });

    it('is shown with its problem where it cannot be mended', async () => {
      const id = await take({ leaves: true });
      const raw = join(folder, `${id}.raw.wav`);
      await writeFile(
        raw,
        'this is text, and was a recording once, some time ago, before the crash',
      );
      await age();
      const [recording] = await list();
      expect(recording).toMatchObject({
        id,
        has: { raw: false, enhanced: true },
        problem: { code: 'RECORDING_UNFINISHED' },
      });
      await remove(id);
      expect(await list()).toEqual([]);
    });
  });

  it.each([
    ['no JSON', 'oh no'],
    ['no recording time', '{"format": "residua-recording", "formatVersion": 1}'],
  ])('a recording whose description is %s is listed with its problem', async (_name, text) => {
    const id = await take();
    await writeFile(join(folder, `${id}.json`), text);
    expect(await list()).toMatchObject([
      {
        id,
        problem: { code: 'RECORDING_CORRUPT' },
        quantizers: [{ id: 'rvq', codebooks: 3 }],
        has: { raw: true, enhanced: true },
      },
    ]);
  });

  it('a description that names files elsewhere reaches none of them', async () => {
    const id = await take();
    const path = join(folder, `${id}.json`);
    const sidecar = JSON.parse(await readFile(path, 'utf8'));
    const secret = join(root, 'secret.rsd');
    await writeFile(secret, 'secret');
    const codes = [{ ...sidecar.codes[0], file: '../secret.rsd', quantizer: 'vq' }];
    await writeFile(path, JSON.stringify({ ...sidecar, raw: '../../x', codes }));
    expect(await list()).toMatchObject([{ id, quantizers: [{ id: 'rvq' }] }]);
    await library.handlers['library.export']({ id, which: 'raw', format: 'rsd' });
    expect(offered.map((source) => source.path)).toEqual([join(folder, `${id}.001-rvq.rsd`)]);
    await library.handlers['library.rename']({ id, name: 'x' });
    await remove('x');
    expect(await readFile(secret, 'utf8')).toBe('secret');
  });

  describe('renaming', () => {
    it('changes the name and its files, keeps the rest', async () => {
      const id = await take({ quantizers: [['none'], ['rvq']] });
      const [before] = await list();
      const renamed = await library.handlers['library.rename']({ id, name: 'Höhe: Probe 1/2' });
      expect(renamed).toEqual({
        ...before,
        id: 'Hohe-Probe-1-2',
        name: 'Höhe: Probe 1/2',
        bytes: expect.any(Number),
      });
      expect(changed).toHaveBeenCalled();
      expect((await readdir(folder)).every((name) => name.startsWith('Hohe-Probe-1-2.'))).toBe(
        true,
      );
      expect(await list()).toEqual([renamed]);
      expect(renamed.quantizers.map((quantizer) => quantizer.id)).toEqual(['none', 'rvq']);
      const again = await library.handlers['library.rename']({ id: renamed.id, name: '会議' });
      // No letter that every file system has: the files keep their names.
      expect(again).toMatchObject({ id: renamed.id, name: '会議' });
      await expect(library.file(id, 'raw')).rejects.toMatchObject({ code: 'RECORDING_NOT_FOUND' });
    });

    it('never overwrites another recording', async () => {
      const first = await take();
      await library.handlers['library.rename']({ id: first, name: 'Take' });
      await take({ at: '2026-11-25T15:00:00' });
      const other = (await list()).find(({ id }) => id !== 'Take')!;
      const renamed = await library.handlers['library.rename']({ id: other.id, name: 'take' });
      expect(renamed).toMatchObject({ id: 'take-2', name: 'take' });
      expect((await list()).map(({ id }) => id).sort()).toEqual(['Take', 'take-2']);
    });

    it.each(['../../../etc/passwd', '..', '/', 'CON', '.hidden', 'a'.repeat(120), '  -- '])(
      'stays in the folder and the contract with %j',
      async (name) => {
        const id = await take();
        const renamed = await library.handlers['library.rename']({ id, name });
        recordingSchema.parse(renamed);
        expect(renamed.id).not.toMatch(/^\.|^con$/i);
        const inside = await readdir(folder);
        expect(inside.every((file) => file.startsWith(`${renamed.id}.`))).toBe(true);
        expect(inside).toHaveLength(4);
      },
    );

    it('waits for the end of the recording', async () => {
      const id = await take({ leaves: true });
      isRecording = true;
      const active = expect.objectContaining({ code: 'RECORDING_ACTIVE' });
      await expect(library.handlers['library.rename']({ id, name: 'x' })).rejects.toEqual(active);
      await expect(remove(id)).rejects.toEqual(active);
    });
  });

  describe('deleting', () => {
    it('moves all files to a folder of its own where there is no trash', async () => {
      const id = await take();
      const files = await readdir(folder);
      await remove(id);
      expect(await readdir(folder)).toEqual(['.trash']);
      expect((await readdir(join(folder, '.trash'))).sort()).toEqual(files.sort());
      expect(changed).toHaveBeenCalled();
      await expect(remove(id)).rejects.toMatchObject({ code: 'RECORDING_NOT_FOUND' });
      // A second one of the same name takes nothing from the first.
      await take();
      await remove(id);
      expect(await readdir(join(folder, '.trash'))).toHaveLength(2 * files.length);
    });

    it("uses the system's trash, and says what it refuses", async () => {
      const id = await take();
      const thrown: string[] = [];
      library = create({ trash: async (path) => void (thrown.push(path), await rm(path)) });
      await remove(id);
      expect(thrown).toHaveLength(4);
      expect(thrown.at(-1)).toMatch(/\.json$/);
      const other = await take();
      library = create({ trash: () => Promise.reject(new Error('it is full')) });
      await expect(remove(other)).rejects.toMatchObject({
        code: 'RECORDING_NOT_DELETED',
        message: expect.stringContaining('it is full'),
      });
    });
  });

  it('shows a recording in the file manager, where there is one', async () => {
    const id = await take();
    await expect(library.handlers['library.reveal']({ id })).rejects.toMatchObject({
      code: 'REVEAL_UNAVAILABLE',
    });
    const reveal = vi.fn(() => Promise.resolve());
    library = create({ reveal });
    await library.handlers['library.reveal']({ id });
    expect(reveal).toHaveBeenCalledWith(join(folder, `${id}.enhanced.wav`));
  });

  describe('exporting', () => {
    it('hands over 24-bit WAV as it is, converts everything else', async () => {
      const id = await take();
      const wav = { id, which: 'enhanced', format: 'wav' } as const;
      expect(await library.handlers['library.export'](wav)).toMatchObject({
        name: '2026-11-25 14-03-12 (enhanced).wav',
        mimeType: 'audio/wav',
      });
      expect(offered[0]).toMatchObject({
        path: join(folder, `${id}.enhanced.wav`),
        isTemporary: false,
      });
      expect(writeWav).not.toHaveBeenCalled();
      await library.handlers['library.export']({ id, which: 'raw', format: 'flac' });
      expect(writeFlac).toHaveBeenCalledWith(join(folder, `${id}.raw.wav`));
      expect(offered[1]).toMatchObject({ mimeType: 'audio/flac', isTemporary: true });
      expect(offered[1]!.path).not.toContain(folder);
    });

    it('makes 24 bits of 16', async () => {
      const id = await take({ sampleFormat: '16' });
      await library.handlers['library.export']({ id, which: 'raw', format: 'wav' });
      expect(writeWav).toHaveBeenCalledOnce();
    });

    it('puts several code streams into one archive, with what belongs where', async () => {
      const id = await take({
        quantizers: [
          ['rvq', 2],
          ['rvq', 3],
        ],
      });
      const transfer = await library.handlers['library.export']({
        id,
        which: 'raw',
        format: 'rsd',
      });
      expect(transfer).toMatchObject({
        mimeType: 'application/zip',
        name: expect.stringMatching(/\.zip$/),
      });
      const archive = unzip(await readFile(offered[0]!.path));
      const names = [`${id}.001-rvq.rsd`, `${id}.002-rvq.rsd`, `${id}.json`];
      expect([...archive.keys()].sort()).toEqual(names);
      for (const name of names) {
        expect(archive.get(name)).toEqual(await readFile(join(folder, name)));
      }
    });

    it('says when there are no codes, or no such recording', async () => {
      const id = await take({ quantizers: [['none']] });
      const codes = { which: 'raw', format: 'rsd' } as const;
      await expect(library.handlers['library.export']({ id, ...codes })).rejects.toMatchObject({
        code: 'RECORDING_NO_CODES',
      });
      for (const other of ['nothing', '..', '...', 'residua_2026']) {
        await expect(
          library.handlers['library.export']({ id: other, ...codes }),
        ).rejects.toMatchObject({ code: 'RECORDING_NOT_FOUND' });
      }
    });
  });
});
