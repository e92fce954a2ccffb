import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where an app keeps things on this system, the same for both shells. */
export interface AppFolders {
  /** Settings and what else the app writes for itself. */
  readonly data: string;
  /** Recordings, unless the settings say otherwise: among the person's music. */
  readonly recordings: string;
}

const NAME = 'Residua';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** `RESIDUA_DATA` puts everything below one folder of its own. */
export function appFolders(
  { platform, env, home }: Surroundings = {
    platform: process.platform,
    env: process.env,
    home: homedir(),
  },
): AppFolders {
  const own = env['RESIDUA_DATA'];
  if (own) return { data: path.resolve(own), recordings: path.resolve(own, 'recordings') };
  const music = platform === 'linux' ? linuxMusicFolder(env, home) : path.join(home, 'Music');
  return {
    data: path.join(dataRoot({ platform, env, home }), NAME),
    recordings: path.join(music, NAME),
  };
}

function dataRoot({ platform, env, home }: Surroundings): string {
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env['APPDATA'] ?? path.join(home, 'AppData', 'Roaming');
  return configFolder(env, home);
}

/** `$XDG_CONFIG_HOME` or its default. */
export function configFolder(env: Surroundings['env'], home: string): string {
  const named = env['XDG_CONFIG_HOME'];
  // The XDG base directory specification: a relative path is to be ignored.
  return named && path.isAbsolute(named) ? named : path.join(home, '.config');
}

/** As `xdg-user-dirs` keeps it: people's folders have names in their language. */
function linuxMusicFolder(env: Surroundings['env'], home: string): string {
  const usual = path.join(home, 'Music');
  const file = path.join(configFolder(env, home), 'user-dirs.dirs');
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // Not every desktop writes one.
  }
  const named = /^XDG_MUSIC_DIR="(.*)"$/m.exec(text)?.[1]?.replace(/^\$HOME(?=\/|$)/, () => home);
  return named && path.isAbsolute(named) ? path.normalize(named) : usual;
}
