import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');
const SHARED = '../shared/audio';

/** A config's path, relative to the project; RESIDUA_AUDIO moves the shared recordings. */
export function locate(path: string): string {
  const moved = process.env['RESIDUA_AUDIO'];
  if (moved !== undefined && (path === SHARED || path.startsWith(`${SHARED}/`))) {
    return resolve(moved + path.slice(SHARED.length));
  }
  return resolve(ROOT, path);
}
