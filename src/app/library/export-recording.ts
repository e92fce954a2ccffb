import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openAudio } from '../../audio/open-audio.ts';
import { UsageError } from '../../common/errors.ts';
import type { Transfer } from '../../ipc/app/media.ts';
import type { WorkServices } from '../handlers.ts';
import type { RecordingFiles } from './recording-files.ts';
import { writeZip } from './zip.ts';

export interface ExportTarget {
  /** Of the file that the person saves, without ending. */
  readonly name: string;
  readonly work: Pick<WorkServices, 'offer' | 'writeFlac' | 'writeWav'>;
  readonly temporaryFolder: () => Promise<string>;
}

/** One sound file of a recording as 24-bit WAV or FLAC; one that is such a WAV is handed over as it is. */
export async function exportSound(
  input: string,
  which: 'raw' | 'enhanced',
  format: 'wav' | 'flac',
  { name, work, temporaryFolder }: ExportTarget,
): Promise<Transfer> {
  const named = { name: `${name} (${which}).${format}`, mimeType: `audio/${format}` };
  if (format === 'wav' && (await is24Bit(input))) {
    return work.offer({ path: input, ...named, isTemporary: false });
  }
  const path = await temporaryFile(temporaryFolder, format);
  await (format === 'flac' ? work.writeFlac(input, path) : work.writeWav(input, path));
  return work.offer({ path, ...named, isTemporary: true });
}

/**
 * One code stream as it is; several, as after a change of quantizer, in one archive with their description.
 * @throws UsageError `RECORDING_NO_CODES`
 */
export async function exportCodes(
  folder: string,
  { codes, sidecar }: RecordingFiles,
  { name, work, temporaryFolder }: ExportTarget,
): Promise<Transfer> {
  const [first, ...others] = codes;
  if (first === undefined) {
    throw new UsageError('This recording holds no codes', {
      code: 'RECORDING_NO_CODES',
      hint: 'The quantizer was off. Export it as WAV or FLAC.',
    });
  }
  if (others.length === 0) {
    const mimeType = 'application/octet-stream';
    const path = join(folder, first);
    return work.offer({ path, name: `${name}.rsd`, mimeType, isTemporary: false });
  }
  const path = await temporaryFile(temporaryFolder, 'zip');
  const entries = [...codes, ...(sidecar === undefined ? [] : [sidecar])].map((file) => ({
    path: join(folder, file),
    name: file,
  }));
  await writeZip(path, entries).catch(async (error: unknown) => {
    await rm(path, { force: true });
    throw error;
  });
  const mimeType = 'application/zip';
  return work.offer({ path, name: `${name} (codes).zip`, mimeType, isTemporary: true });
}

/** Named so that what a crash leaves is cleared away with the folders of its work (work/work-folder.ts). */
async function temporaryFile(folder: () => Promise<string>, extension: string): Promise<string> {
  return join(await folder(), `residua-work-${process.pid}-${randomUUID()}.${extension}`);
}

async function is24Bit(path: string): Promise<boolean> {
  const reader = await openAudio(path);
  await reader.close();
  return reader.format === 'wav' && reader.bitDepth === 24;
}
