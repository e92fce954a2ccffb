import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Electron's npm package comes without its program and downloads it at first use; nothing here sets that off. */

export type Found<T> = { readonly found: T } | { readonly missing: string };

export interface ElectronOptions {
  /** Of the checkout. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @returns the program, or what is missing, as the end of a sentence */
export function findElectron({ root, env }: ElectronOptions): Found<string> {
  const folder = path.join(root, 'node_modules', 'electron');
  if (!existsSync(path.join(folder, 'package.json'))) {
    return { missing: 'the npm package electron is not installed (run `npm install`)' };
  }
  const name = read(path.join(folder, 'path.txt'))?.trim();
  const own = env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (own) {
    const program = path.join(own, name || 'electron');
    if (existsSync(program)) return { found: program };
    return { missing: `ELECTRON_OVERRIDE_DIST_PATH has no Electron in it: ${program}` };
  }
  const program = name ? path.join(folder, 'dist', name) : undefined;
  if (program !== undefined && existsSync(program)) return { found: program };
  return {
    missing: `Electron's program is not in ${path.join(folder, 'dist')} (\`npx install-electron --no\` downloads it, 120 MB)`,
  };
}

export interface ScreenOptions {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's number where there are such. */
  readonly uid?: number | undefined;
}

/** @returns why no window of Electron's can open here, as the end of a sentence; `undefined` where one can */
export function whyNoWindow({ platform, env, uid }: ScreenOptions): string | undefined {
  if (platform !== 'linux') return undefined;
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) {
    return 'there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)';
  }
  // Chromium's sandbox refuses to, and the app does not run without it.
  if (uid === 0) return 'Electron does not run as root';
  return undefined;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
