import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ResiduaError } from '../../common/errors.ts';

const PREFIX = 'residua-work-';

/**
 * Makes the one folder for everything temporary of this process, readable by nobody else, and removes those of
 * processes that are gone.
 * @param parent made if it is missing
 * @throws ResiduaError `TEMPORARY_FOLDER` where nothing can be written
 */
export async function makeWorkFolder(parent: string): Promise<string> {
  const folder = join(parent, `${PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(parent, { recursive: true });
    await removeStale(parent);
    await mkdir(folder, { mode: 0o700 });
    return folder;
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    throw new ResiduaError(
      'TEMPORARY_FOLDER',
      `${parent}: nothing temporary can be kept there (${code})`,
      { hint: 'Make room on that disk, or give permission to write there.', cause },
    );
  }
}

async function removeStale(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(/^residua-work-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    // Somebody else's is not ours to remove.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
