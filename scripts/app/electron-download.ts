import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { errorMessage } from '../../src/common/errors.ts';
import type { Found } from './electron-binary.ts';

const RELEASES = 'https://github.com/electron/electron/releases/download/';
const PATIENCE_MS = 15_000;

/**
 * Asks whether Electron's program can be fetched, without fetching it.
 * @returns where from (a download of before counts), or what stands in the way, as the end of a sentence
 */
export async function canDownloadElectron(
  version: string,
  env: Readonly<Record<string, string | undefined>>,
  { platform, arch }: { readonly platform: string; readonly arch: string } = process,
): Promise<Found<string>> {
  const archive = `electron-v${version}-${platform}-${arch}.zip`;
  const cached = filesBelow(cacheFolder(platform, env)).find((file) => file.endsWith(archive));
  if (cached !== undefined) return { found: cached };
  const base = env['ELECTRON_MIRROR'] ?? env['npm_config_electron_mirror'] ?? RELEASES;
  const address = `${base.replace(/\/*$/, '/')}v${version}/${archive}`;
  try {
    const response = await fetch(address, {
      method: 'HEAD',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return response.ok
      ? { found: address }
      : { missing: `${address} answers ${response.status} ${response.statusText}`.trim() };
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause;
    return { missing: `${address}: ${errorMessage(cause ?? error)}` };
  }
}

/** Where @electron/get keeps what it has downloaded. */
function cacheFolder(platform: string, env: Readonly<Record<string, string | undefined>>): string {
  const own = env['electron_config_cache'];
  if (own) return own;
  const home = env['HOME'] ?? homedir();
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'electron');
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] ?? home, 'electron', 'Cache');
  return path.join(env['XDG_CACHE_HOME'] ?? path.join(home, '.cache'), 'electron');
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
      path.join(folder, file),
    );
  } catch {
    return [];
  }
}
