import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorMessage, ResiduaError } from '../common/errors.ts';

/** What browser mode asks of the person's desktop, through the program that each system has for it. */

export interface DesktopOptions {
  readonly platform?: NodeJS.Platform;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Runs a program. @throws Error when it cannot be started or fails */
  readonly run?: (program: string, args: readonly string[]) => Promise<void>;
}

export class Desktop {
  readonly #platform: NodeJS.Platform;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #run: (program: string, args: readonly string[]) => Promise<void>;

  constructor({
    platform = process.platform,
    env = process.env,
    run = start,
  }: DesktopOptions = {}) {
    this.#platform = platform;
    this.#env = env;
    this.#run = run;
  }

  /** Whether there is one: not on a server, over SSH or in a container. */
  get isThere(): boolean {
    if (this.#platform === 'darwin') return this.#env['SSH_CONNECTION'] === undefined;
    if (this.#platform === 'win32') return true;
    return Boolean(this.#env['DISPLAY'] || this.#env['WAYLAND_DISPLAY']);
  }

  /** Opens a page in the person's browser. @returns whether that worked. Never rejects */
  async openPage(url: string): Promise<boolean> {
    if (!this.isThere) return false;
    try {
      if (this.#platform === 'darwin') await this.#run('open', [url]);
      // Not `start`, whose shell reads meaning into the characters of an address.
      else if (this.#platform === 'win32')
        await this.#run('rundll32', ['url.dll,FileProtocolHandler', url]);
      else await this.#run('xdg-open', [url]);
      return true;
    } catch {
      return false;
    }
  }

  /** Shows a file in the file manager. @throws ResiduaError `REVEAL_FAILED` */
  async reveal(file: string): Promise<void> {
    try {
      if (this.#platform === 'darwin') await this.#run('open', ['-R', file]);
      // Explorer's exit status is 1 even when it has opened.
      else if (this.#platform === 'win32')
        await this.#run('explorer', [`/select,${file}`]).catch(() => undefined);
      else await this.#revealOnLinux(file);
    } catch (cause) {
      throw new ResiduaError(
        'REVEAL_FAILED',
        `the file manager did not open: ${errorMessage(cause)}`,
        {
          hint: `The file is ${file}`,
          cause,
        },
      );
    }
  }

  async #revealOnLinux(file: string): Promise<void> {
    // The address stands in a string of GVariant, between apostrophes.
    const uri = pathToFileURL(file).href.replaceAll("'", '%27');
    try {
      await this.#run('gdbus', [
        ...['call', '--session', '--timeout', '5'],
        ...[
          '--dest',
          'org.freedesktop.FileManager1',
          '--object-path',
          '/org/freedesktop/FileManager1',
        ],
        ...['--method', 'org.freedesktop.FileManager1.ShowItems', `['${uri}']`, ''],
      ]);
    } catch {
      await this.#run('xdg-open', [path.dirname(file)]); // a file manager without that interface
    }
  }
}

/** Programs that open others end soon, or stay as what they have opened: nobody waits for that. */
const PATIENCE_MS = 3000;

function start(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    const patience = setTimeout(resolve, PATIENCE_MS);
    child.once('error', reject);
    child.once('exit', (status) => {
      clearTimeout(patience);
      if (status === 0) resolve();
      else reject(new Error(`${program} ended with status ${status}`));
    });
    child.unref();
  });
}
