import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openAudio } from '../../audio/open-audio.ts';
import { parseRsdHeader } from '../../codec/rsd.ts';
import { errorMessage } from '../../common/errors.ts';
import { toProblem } from '../../common/problem.ts';
import { bitrateKbps } from '../../common/units.ts';
import type { Recording } from '../../ipc/app/library.ts';
import type { Problem } from '../../ipc/messages.ts';
import { allFiles, parseBase, type RecordingFiles } from './recording-files.ts';
import { recoverRecording } from './recover-recording.ts';
import { readSidecar, type Sidecar } from './sidecar.ts';

/** A file that grew within this is being written. */
export const GROWING_MS = 5000;
const HEADER_BYTES = 1024;

export interface Described {
  /** `undefined`: nothing of a recording. */
  readonly recording: Recording | undefined;
  /** Somebody else may be writing it, or it has only just crashed: to be looked at again. */
  readonly isUnsure: boolean;
}

/**
 * Reads one recording, and mends it where a crash ended it.
 * @param isGrowing whether the running engine writes it, by when it began
 * @param nowMs for the age of files, as `Date.now`
 */
export async function describeRecording(
  folder: string,
  files: RecordingFiles,
  isGrowing: (startedAt: string) => boolean,
  nowMs: number,
): Promise<Described> {
  let problem: Problem | null = null;
  let sidecar: Sidecar | undefined;
  if (files.sidecar !== undefined) {
    try {
      sidecar = await readSidecar(join(folder, files.sidecar));
    } catch (error) {
      problem = corrupt(`its description cannot be read (${errorMessage(error)})`);
    }
  }
  const hasSound = files.raw !== undefined || files.enhanced !== undefined;
  if (!hasSound && sidecar === undefined) return { recording: undefined, isUnsure: false };

  const { newestMs, ...measured } = await sizes(folder, files);
  let { bytes } = measured;
  let [isRecording, isUnsure] = [false, false];
  if (sidecar && sidecar.ended === null && sidecar.recovered !== true) {
    isRecording = isGrowing(sidecar.startedAt);
    isUnsure = !isRecording && nowMs - newestMs < GROWING_MS;
    if (!isRecording && !isUnsure) {
      try {
        sidecar = await recoverRecording(folder, files, sidecar);
        if (!sidecar) return { recording: undefined, isUnsure: false };
        ({ bytes } = await sizes(folder, files));
      } catch (error) {
        problem = unfinished(error);
      }
    }
  }

  const tracks = await Promise.all([
    readLength(folder, files.raw),
    readLength(folder, files.enhanced),
  ]);
  for (const track of tracks) problem ??= track?.problem ?? null;
  if (!hasSound) problem ??= corrupt('its sound is gone');
  const automatic = parseBase(files.base);
  const recording: Recording = {
    id: files.base,
    name: sidecar?.name ?? automatic?.name ?? files.base,
    startedAt: (startOf(sidecar) ?? automatic?.startedAt ?? new Date(newestMs)).toISOString(),
    seconds: Math.max(0, ...tracks.map((track) => track?.seconds ?? 0)),
    bytes,
    sampleRateHz: Math.max(0, ...tracks.map((track) => track?.sampleRateHz ?? 0)),
    quantizers: await quantizersOf(folder, files, sidecar, automatic?.quantizer),
    has: {
      raw: tracks[0]?.problem === null,
      enhanced: tracks[1]?.problem === null,
      codes: files.codes.length > 0,
    },
    isRecording: isRecording || isUnsure,
    isRecovered: sidecar?.recovered === true,
    problem,
  };
  return { recording, isUnsure };
}

const startOf = (sidecar: Sidecar | undefined): Date | undefined =>
  sidecar && new Date(sidecar.startedAt);

async function sizes(
  folder: string,
  files: RecordingFiles,
): Promise<{ bytes: number; newestMs: number }> {
  let [bytes, newestMs] = [0, 0];
  for (const name of allFiles(files)) {
    const info = await stat(join(folder, name)).catch(() => undefined); // gone in the meantime
    if (!info) continue;
    bytes += info.size;
    if (name !== files.sidecar) newestMs = Math.max(newestMs, info.mtimeMs);
  }
  return { bytes, newestMs };
}

interface Length {
  readonly seconds: number;
  readonly sampleRateHz: number;
  readonly problem: Problem | null;
}

async function readLength(folder: string, name: string | undefined): Promise<Length | undefined> {
  if (name === undefined) return undefined;
  try {
    const reader = await openAudio(join(folder, name));
    const { frames = 0, sampleRate } = reader;
    await reader.close();
    return { seconds: frames / sampleRate, sampleRateHz: sampleRate, problem: null };
  } catch (error) {
    return { seconds: 0, sampleRateHz: 0, problem: corrupt(errorMessage(error)) };
  }
}

/** In the order in which they were heard. */
async function quantizersOf(
  folder: string,
  files: RecordingFiles,
  sidecar: Sidecar | undefined,
  first: string | undefined,
): Promise<Recording['quantizers']> {
  const heard = new Map<string, { codebooks: number; kbps: number }>();
  const startedWith = sidecar?.quantizer ?? first;
  // What passes no codes has no code stream either: only the name tells.
  if (startedWith !== undefined) heard.set(startedWith, { codebooks: 0, kbps: 0 });
  const greatest = new Map<string, { file: string; codebooks: number }>();
  const parts =
    sidecar?.codes ??
    files.codes.map((file) => {
      const quantizer = /\.\d{3,}-([a-z0-9-]+)\.rsd$/.exec(file)?.[1] ?? '';
      return { file, quantizer, codebooks: 0 };
    });
  for (const { file, quantizer, codebooks } of parts) {
    const before = greatest.get(quantizer);
    // Only names that stand in the folder: a description from elsewhere could name any file.
    if (!files.codes.includes(file) || (before && before.codebooks >= codebooks)) continue;
    greatest.set(quantizer, { file, codebooks });
  }
  for (const [quantizer, { file }] of greatest) {
    heard.set(quantizer, await readRate(join(folder, file)));
  }
  return [...heard].map(([id, rate]) => ({ id, ...rate }));
}

async function readRate(path: string): Promise<{ codebooks: number; kbps: number }> {
  const bytes = new Uint8Array(HEADER_BYTES);
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead } = await file.read(bytes, 0, HEADER_BYTES, 0);
      const header = parseRsdHeader(bytes.subarray(0, bytesRead))?.header;
      if (!header) return { codebooks: 0, kbps: 0 };
      const { codebooks, codebookSize, hopSamples, sampleRate } = header;
      const kbps = bitrateKbps(codebooks, Math.log2(codebookSize), hopSamples, sampleRate);
      return { codebooks, kbps };
    } finally {
      await file.close();
    }
  } catch {
    return { codebooks: 0, kbps: 0 }; // its sound can be heard all the same
  }
}

function corrupt(why: string): Problem {
  return {
    code: 'RECORDING_CORRUPT',
    message: `This recording is damaged: ${why}`,
    hint: 'Restore its files, or delete it.',
  };
}

function unfinished(error: unknown): Problem {
  const { message } = toProblem(error);
  return {
    code: 'RECORDING_UNFINISHED',
    message: `This recording was cut off by a crash and could not be mended: ${message}`,
    hint: 'Make its folder writable, or copy it elsewhere.',
  };
}
