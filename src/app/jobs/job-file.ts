import { rm } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import type { FileSource } from '../../ipc/app/jobs.ts';
import { UsageError } from '../../common/errors.ts';
import type { Uploads } from '../uploads/uploads.ts';

/** Where the sound of a job comes from, and where its result goes. */
export interface JobFile {
  readonly path: string;
  /** As the person knows it. */
  readonly name: string;
  /** Name of the result without quantizer and ending. */
  readonly stem: string;
  /** The folder of the input; `null` for one that was sent, whose result is fetched. */
  readonly folder: string | null;
  /** Called when the job is taken off the list. */
  release(): Promise<void>;
}

/**
 * @throws UsageError `UPLOAD_UNKNOWN`, `UPLOAD_INCOMPLETE`; `PATHS_REFUSED` where the window may not name files
 */
export function fileOf(source: FileSource, uploads: Uploads, takesPaths: boolean): JobFile {
  if ('upload' in source) {
    const { path, name, release } = uploads.claim(source.upload);
    return { path, name, stem: stemOf(safeStemSource(name)), folder: null, release };
  }
  if (!takesPaths) {
    throw new UsageError('a page in a browser cannot name files of this computer', {
      code: 'PATHS_REFUSED',
      hint: 'Send the file instead.',
    });
  }
  const { path } = source;
  const name = basename(path) || path;
  return { path, name, stem: stemOf(name), folder: dirname(path), release: async () => undefined };
}

/** Without its ending, if that looks like one. */
function stemOf(name: string): string {
  const extension = extname(name);
  return extension.length > 1 && extension.length <= 6 ? name.slice(0, -extension.length) : name;
}

/** A name that came from elsewhere becomes a file's name here. */
function safeStemSource(name: string): string {
  return name.replaceAll(/[/\\<>:"|?*\p{Cc}]/gu, '_').slice(-150) || 'sound';
}

/** Deletes a result that only the app knows. */
export async function removeFile(path: string | null): Promise<void> {
  if (path !== null) await rm(path, { force: true });
}
