import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, ResiduaError, UsageError } from '../../common/errors.ts';
import { Turns } from '../../common/turns.ts';
import type { AppCommand } from '../../ipc/app/app-protocol.ts';
import type { ExportRequest, Recording } from '../../ipc/app/library.ts';
import type { Transfer } from '../../ipc/app/media.ts';
import type { HandlersOf, WorkServices } from '../handlers.ts';
import { replaceText } from '../replace-text.ts';
import { describeRecording, GROWING_MS, type Described } from './describe-recording.ts';
import { exportCodes, exportSound } from './export-recording.ts';
import {
  allFiles,
  baseFor,
  groupFiles,
  parseBase,
  saveName,
  type RecordingFiles,
} from './recording-files.ts';
import { readSidecar } from './sidecar.ts';

export type LibraryCommand = Extract<AppCommand, `library.${string}`>;

export interface LibraryOptions {
  /** Where recordings lie now. */
  readonly folder: () => string;
  /** Whether the running engine is recording. */
  readonly isRecording: () => boolean;
  /** The library is another one now. */
  readonly changed: () => void;
  readonly work: () => Pick<WorkServices, 'offer' | 'writeFlac' | 'writeWav'>;
  readonly temporaryFolder: () => Promise<string>;
  readonly reveal?: ((path: string) => Promise<void>) | undefined;
  readonly trash?: ((path: string) => Promise<void>) | undefined;
}

/** Files looked at in parallel: Node's pool has four threads, and sound needs some. */
const PARALLEL = 8;
const MAX_NUMBERED = 1000;

/**
 * The recordings of one folder: listed, mended, named, exported, thrown away. What was read is kept for as long as
 * its files stay as they are.
 */
export class Library {
  readonly handlers: HandlersOf<LibraryCommand>;
  readonly #options: LibraryOptions;
  /** By path without ending. */
  #known = new Map<string, { readonly signature: string; readonly described: Described }>();
  readonly #turns = new Turns();
  #lookAgain: NodeJS.Timeout | undefined;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.handlers = {
      'library.list': () => this.#turns.take(() => this.#list()),
      'library.rename': ({ id, name }) => this.#turns.take(() => this.#rename(id, name)),
      'library.delete': ({ id }) => this.#turns.take(() => this.#delete(id)),
      'library.reveal': ({ id }) => this.#reveal(id),
      'library.export': (request) => this.#export(request),
    };
  }

  /** @param id checked against the contract. @throws ResiduaError `RECORDING_NOT_FOUND` */
  async file(id: string, which: 'raw' | 'enhanced'): Promise<string> {
    const path = join(this.#options.folder(), `${id}.${which}.wav`);
    await access(path).catch(() => {
      throw notFound(id);
    });
    return path;
  }

  close(): void {
    clearTimeout(this.#lookAgain);
  }

  async #list(): Promise<Recording[]> {
    const folder = this.#options.folder();
    const groups = await this.#groups();
    const newest = await this.#growing(folder, groups);
    const before = this.#known;
    this.#known = new Map();
    let isUnsure = false;
    const recordings: Recording[] = [];
    const nowMs = Date.now();
    await inParallel(groups, PARALLEL, async (files) => {
      const key = join(folder, files.base);
      const signature = `${await signatureOf(folder, files)} ${files.base === newest}`;
      const known = before.get(key);
      const described =
        known?.signature === signature && !known.described.isUnsure
          ? known.described
          : await describeRecording(folder, files, () => files.base === newest, nowMs);
      isUnsure ||= described.isUnsure;
      const isMended = described.recording?.isRecovered === true;
      this.#known.set(key, {
        signature: isMended
          ? `${await signatureOf(folder, files)} ${files.base === newest}`
          : signature,
        described,
      });
      if (described.recording) recordings.push(described.recording);
    });
    if (isUnsure) this.#lookLater();
    return recordings.sort(newestFirst);
  }

  /** What nobody writes any more can be mended then. */
  #lookLater(): void {
    clearTimeout(this.#lookAgain);
    this.#lookAgain = setTimeout(this.#options.changed, GROWING_MS + 500);
    this.#lookAgain.unref();
  }

  /** @returns the base of the recording that the running engine writes: the one that began last */
  async #growing(folder: string, groups: readonly RecordingFiles[]): Promise<string | undefined> {
    if (!this.#options.isRecording()) return undefined;
    let [newest, startedAt]: [string | undefined, string] = [undefined, ''];
    for (const { base, sidecar } of groups) {
      const known = this.#known.get(join(folder, base))?.described.recording;
      if (known && !known.isRecording) continue; // was over before
      if (sidecar === undefined) continue;
      const read = await readSidecar(join(folder, sidecar)).catch(() => undefined);
      if (!read || read.ended !== null || read.recovered || read.startedAt <= startedAt) continue;
      [newest, startedAt] = [base, read.startedAt];
    }
    return newest;
  }

  async #groups(): Promise<RecordingFiles[]> {
    const folder = this.#options.folder();
    try {
      return groupFiles(await readdir(folder));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new ResiduaError(
        'LIBRARY_UNREADABLE',
        `The folder of recordings cannot be read: ${errorMessage(cause)}`,
        { hint: 'Choose another folder in the settings, or make this one readable.', cause },
      );
    }
  }

  /** @throws ResiduaError `RECORDING_NOT_FOUND` */
  async #find(id: string): Promise<RecordingFiles> {
    const found = (await this.#groups()).find(({ base }) => base === id);
    if (!found) throw notFound(id);
    return found;
  }

  async #rename(id: string, name: string): Promise<Recording> {
    const folder = this.#options.folder();
    const files = await this.#find(id);
    const before = await this.#describe(folder, files);
    if (before.isRecording) throw stillRecording();
    const base = await this.#freeBase(baseFor(name) ?? id, id);
    const path = join(folder, `${base}.json`);
    const old =
      files.sidecar === undefined
        ? undefined
        : await readSidecar(join(folder, files.sidecar)).catch(() => undefined);
    const moved = (file: string): string => base + file.slice(id.length);
    const quantizer = old?.quantizer ?? parseBase(id)?.quantizer;
    const sidecar = {
      ...(old ?? described(before)),
      name,
      ...(quantizer === undefined ? {} : { quantizer }),
      raw: `${base}.raw.wav`,
      enhanced: `${base}.enhanced.wav`,
      codes: (old?.codes ?? []).map((part) => ({ ...part, file: moved(part.file) })),
    };
    const done: [from: string, to: string][] = [];
    try {
      if (base !== id) {
        for (const file of allFiles(files)) {
          const [from, to] = [join(folder, file), join(folder, moved(file))];
          await rename(from, to);
          done.push([from, to]);
        }
      }
      await replaceText(path, `${JSON.stringify(sidecar, null, 2)}\n`);
    } catch (cause) {
      for (const [from, to] of done.reverse()) await rename(to, from).catch(() => undefined);
      throw new ResiduaError(
        'RECORDING_NOT_RENAMED',
        `The recording cannot be renamed: ${errorMessage(cause)}`,
        { hint: 'Make its folder writable.', cause },
      );
    }
    this.#options.changed();
    return this.#describe(folder, await this.#find(base));
  }

  async #describe(folder: string, files: RecordingFiles): Promise<Recording> {
    const newest = await this.#growing(folder, [files]);
    const isGrowing = (): boolean => files.base === newest;
    const { recording } = await describeRecording(folder, files, isGrowing, Date.now());
    if (!recording) throw notFound(files.base);
    return recording;
  }

  /** A name that no other recording has. */
  async #freeBase(wanted: string, own: string): Promise<string> {
    const taken = new Set((await this.#groups()).map(({ base }) => base.toLowerCase()));
    taken.delete(own.toLowerCase());
    for (let i = 1; i <= MAX_NUMBERED; i++) {
      const base = i === 1 ? wanted : `${wanted}-${i}`;
      if (!taken.has(base.toLowerCase())) return base;
    }
    throw new UsageError('Too many recordings have that name', {
      code: 'RECORDING_NAME_TAKEN',
      hint: 'Choose another one.',
    });
  }

  async #delete(id: string): Promise<null> {
    const folder = this.#options.folder();
    const files = await this.#find(id);
    if ((await this.#describe(folder, files)).isRecording) throw stillRecording();
    const trash = this.#options.trash ?? ((path: string) => moveAside(folder, path));
    try {
      // The description last: what remains after a failure is still a recording.
      for (const name of allFiles(files)) await trash(join(folder, name));
    } catch (cause) {
      throw new ResiduaError(
        'RECORDING_NOT_DELETED',
        `The recording cannot be thrown away: ${errorMessage(cause)}`,
        { hint: 'Close programs that use it, and make its folder writable.', cause },
      );
    } finally {
      this.#options.changed();
    }
    return null;
  }

  async #reveal(id: string): Promise<null> {
    const { reveal } = this.#options;
    const folder = this.#options.folder();
    const { enhanced, raw, sidecar } = await this.#find(id);
    const path = join(folder, (enhanced ?? raw ?? sidecar)!);
    if (!reveal) {
      throw new UsageError('There is no file manager to show it in', {
        code: 'REVEAL_UNAVAILABLE',
        hint: `It lies in ${folder}.`,
      });
    }
    await reveal(path);
    return null;
  }

  async #export({ id, which, format }: ExportRequest): Promise<Transfer> {
    const folder = this.#options.folder();
    const files = await this.#find(id);
    const { name } = await this.#describe(folder, files);
    const { work, temporaryFolder } = this.#options;
    const target = { name: saveName(name), work: work(), temporaryFolder };
    if (format === 'rsd') return exportCodes(folder, files, target);
    return exportSound(await this.file(id, which), which, format, target);
  }
}

function newestFirst(a: Recording, b: Recording): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

/** A description for files that have lost theirs. */
function described({ startedAt, seconds, sampleRateHz }: Recording) {
  return {
    format: 'residua-recording',
    formatVersion: 1,
    startedAt,
    sampleRateHz,
    gaps: [],
    gapCount: 0,
    samples: Math.round(seconds * sampleRateHz),
    ended: 'stopped',
  };
}

async function moveAside(folder: string, path: string): Promise<void> {
  const trash = join(folder, '.trash');
  await mkdir(trash, { recursive: true });
  const name = path.slice(folder.length + 1);
  const isTaken = await access(join(trash, name)).then(
    () => true,
    () => false,
  );
  await rename(path, join(trash, isTaken ? `${randomUUID()}-${name}` : name));
}

async function signatureOf(folder: string, files: RecordingFiles): Promise<string> {
  const { raw, enhanced, sidecar, codes } = files;
  const parts = await Promise.all(
    [raw, enhanced, sidecar].map(async (name) => {
      if (name === undefined) return '-';
      const info = await stat(join(folder, name)).catch(() => undefined);
      return info ? `${info.size}@${info.mtimeMs}` : '-';
    }),
  );
  return `${parts.join()} ${codes.length}`;
}

async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

function notFound(id: string): ResiduaError {
  return new ResiduaError('RECORDING_NOT_FOUND', `There is no recording "${id}"`, {
    hint: 'It may have been renamed, moved or deleted.',
  });
}

function stillRecording(): UsageError {
  return new UsageError('This recording is still being made', {
    code: 'RECORDING_ACTIVE',
    hint: 'Stop it first.',
  });
}
