import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { App } from 'electron';
import { errorMessage, ResiduaError } from '../common/errors.ts';

export interface AutostartOptions {
  readonly app: Pick<App, 'setLoginItemSettings'>;
  readonly platform: NodeJS.Platform;
  /** The program that is started with the computer: for an AppImage the image itself. */
  readonly program: string;
  /** What it is started with. */
  readonly args: readonly string[];
  /** `$XDG_CONFIG_HOME` or its default. */
  readonly configFolder: string;
}

/** Started so, the app shows no window. */
export const HIDDEN_FLAG = '--hidden';

/**
 * Has the app started with the computer, or not any more. Linux has no call for it but a file that every desktop
 * reads (the XDG autostart specification).
 * @throws ResiduaError `AUTOSTART_FAILED`
 */
export async function setAutostart(isOn: boolean, options: AutostartOptions): Promise<void> {
  const { app, platform, program, args } = options;
  if (platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: isOn, path: program, args: [...args] });
    return;
  }
  const folder = path.join(options.configFolder, 'autostart');
  const file = path.join(folder, 'residua.desktop');
  try {
    if (!isOn) return await rm(file, { force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(file, desktopEntry(program, args));
  } catch (cause) {
    throw new ResiduaError(
      'AUTOSTART_FAILED',
      `starting with the computer: ${errorMessage(cause)}`,
      {
        hint: `Check that ${folder} can be written.`,
        cause,
      },
    );
  }
}

function desktopEntry(program: string, args: readonly string[]): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Residua',
    'Comment=Cleans your microphone',
    `Exec=${[program, ...args].map(quote).join(' ')}`,
    'Icon=residua',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/** As the desktop entry specification quotes an argument: first for `Exec`, then for a string of the file. */
function quote(argument: string): string {
  const inner = argument.replaceAll(/["`$\\]/g, String.raw`\$&`).replaceAll('%', '%%');
  return `"${inner.replaceAll('\\', '\\\\')}"`;
}
