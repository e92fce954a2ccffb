import { access, constants, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtomicFile } from '../../audio/atomic-file.ts';
import { WavWriter } from '../../audio/wav-writer.ts';
import { ResiduaError } from '../../common/errors.ts';

/** Where a demo run writes: the page and, in `audio/`, one WAV file per version. */
export interface DemoOutput {
  readonly page: string;
  readonly audio: string;
}

/**
 * Makes the folders, before any work is done in vain.
 * @throws ResiduaError DEMO_OUTPUT where they cannot be made or written to
 */
export async function prepareOutput(folder: string): Promise<DemoOutput> {
  const audio = join(folder, 'audio');
  try {
    await mkdir(audio, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
    await access(audio, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why: Record<string, string> = {
      EACCES: 'no permission to write there',
      EPERM: 'no permission to write there',
      EROFS: 'the file system is read-only',
      ENOSPC: 'the disk is full',
      EEXIST: 'a file of that name exists',
      ENOTDIR: 'part of the path is a file',
    };
    throw new ResiduaError(
      'DEMO_OUTPUT',
      `cannot write to ${folder}: ${why[code ?? ''] ?? message}`,
      { hint: 'Choose another folder with --out.', cause: error },
    );
  }
  return { page: join(folder, 'index.html'), audio };
}

/**
 * Writes a mono 16-bit WAV file.
 * @returns the bytes of the file, so that the page plays exactly what was written
 */
export async function writeWav(
  path: string,
  samples: Float32Array,
  sampleRate: number,
): Promise<Uint8Array> {
  const writer = await WavWriter.create(path, { sampleRate, channels: 1, sampleFormat: '16' });
  try {
    await writer.write([samples]);
    await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return readFile(path);
}

/** Writes a text file that appears only when complete. */
export async function writeText(path: string, text: string): Promise<void> {
  const file = await AtomicFile.create(path);
  try {
    await file.append(Buffer.from(text, 'utf8'));
    await file.commit();
  } catch (error) {
    await file.abort();
    throw error;
  }
}
