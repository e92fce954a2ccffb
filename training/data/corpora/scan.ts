import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';

const AUDIO = new Set(['.wav', '.flac', '.ogg', '.opus', '.mp3']);

/**
 * Audio files below a folder, sorted by path so that a listing is the same on every machine. Hidden
 * files (such as `._x.wav`, which macOS leaves in archives) are not audio.
 */
export function audioFiles(dir: string): string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(path))) visit(path);
      else if (AUDIO.has(extname(entry.name).toLowerCase())) found.push(path);
    }
  };
  visit(dir);
  return found.sort();
}

/** Names of the folders directly inside `dir`, sorted. */
export function subfolders(dir: string): string[] {
  if (!isFolder(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((e) => !e.name.startsWith('.') && (e.isDirectory() || isFolder(join(dir, e.name))))
    .map((e) => e.name)
    .sort();
}

/** The first of `names` that is a folder inside `dir`, as a path. */
export function firstFolder(dir: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(dir, name)).find(isFolder);
}

export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** File name without folder and extension. */
export function stem(path: string): string {
  return basename(path, extname(path));
}
