import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openByteSource } from '../../audio/byte-source.ts';
import {
  RF64_FROM_BYTES,
  SAMPLE_BYTES,
  wavHeader,
  type WavSampleFormat,
} from '../../audio/wav-encoding.ts';
import { parseWav } from '../../audio/wav-format.ts';
import { ResiduaError } from '../../common/errors.ts';
import { replaceText } from '../replace-text.ts';
import { allFiles, type RecordingFiles } from './recording-files.ts';
import type { Sidecar } from './sidecar.ts';

interface Track {
  readonly path: string;
  readonly sampleRate: number;
  readonly sampleFormat: WavSampleFormat;
  readonly headerBytes: number;
  /** Whole samples in the file, whatever its header says. */
  readonly samples: number;
}

/**
 * Mends what a crash left: both WAV files get the same length and a header that says it, the JSON file says that
 * it is over. One without any sound is removed, as the recorder does.
 * @returns the JSON file's content; `undefined`: there was nothing to keep
 * @throws ResiduaError `RECORDING_CORRUPT`, whatever the disk says
 */
export async function recoverRecording(
  folder: string,
  files: RecordingFiles,
  sidecar: Sidecar,
): Promise<Sidecar | undefined> {
  const names = [files.raw, files.enhanced].filter((name) => name !== undefined);
  const tracks = await Promise.all(names.map((name) => readTrack(join(folder, name))));
  const samples = Math.min(...tracks.map((track) => track.samples));
  if (tracks.length > 0 && samples === 0) {
    for (const name of allFiles(files)) await rm(join(folder, name), { force: true });
    return undefined;
  }
  for (const track of tracks) await endTrack(track, samples);
  const mended = { ...sidecar, samples: tracks.length === 0 ? 0 : samples, recovered: true };
  await replaceText(join(folder, files.sidecar!), `${JSON.stringify(mended, null, 2)}\n`);
  return mended;
}

async function readTrack(path: string): Promise<Track> {
  const source = await openByteSource(path);
  try {
    const { sampleRate, channels, coding, sampleBytes, dataOffset } = await parseWav(source);
    const sampleFormat = coding === 'float' ? 'float' : sampleBytes === 3 ? '24' : '16';
    const header = wavHeader(encodingOf(sampleRate, sampleFormat), 0);
    const isOurs =
      channels === 1 && header.length === dataOffset && SAMPLE_BYTES[sampleFormat] === sampleBytes;
    if (!isOurs) {
      throw new ResiduaError('RECORDING_CORRUPT', 'a file of it was not written by Residua');
    }
    const samples = Math.floor((source.size - dataOffset) / sampleBytes);
    return { path, sampleRate, sampleFormat, headerBytes: dataOffset, samples };
  } finally {
    await source.close();
  }
}

async function endTrack(track: Track, samples: number): Promise<void> {
  const { path, sampleRate, sampleFormat, headerBytes } = track;
  const dataBytes = samples * SAMPLE_BYTES[sampleFormat];
  const file = await open(path, 'r+');
  try {
    await file.write(wavHeader(encodingOf(sampleRate, sampleFormat), samples), 0, headerBytes, 0);
    // RIFF chunks have even lengths; what a longer file held there stays, and belongs to nothing.
    await file.truncate(headerBytes + dataBytes + (dataBytes % 2));
    await file.sync();
  } finally {
    await file.close();
  }
}

const encodingOf = (sampleRate: number, sampleFormat: WavSampleFormat) => ({
  sampleRate,
  channels: 1,
  sampleFormat,
  rf64FromBytes: RF64_FROM_BYTES,
});
