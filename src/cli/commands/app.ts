import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ResiduaError } from '../../common/errors.ts';
import { startBrowserMode } from '../../server/browser-mode.ts';
import { onInterrupt } from '../interrupt.ts';
import { PACKAGED_MODELS } from '../model-choice.ts';
import { wholeNumber } from '../options.ts';
import { packageVersion } from '../package-version.ts';
import { log, print } from '../terminal.ts';

interface AppCommandOptions {
  port?: number;
  open: boolean;
  page: string;
}

const RESOURCES = fileURLToPath(new URL('../../../resources', import.meta.url));
const PAGE = fileURLToPath(new URL('../../../out/renderer', import.meta.url));

const HELP = `
Opens the app's window as a page of your browser, for this computer alone: the address holds a secret that changes
at every start. Sound goes on while the page is closed; Ctrl-C ends everything.

Settings are kept where the desktop app keeps them, or below the folder that RESIDUA_DATA names.`;

export function registerApp(program: Command): void {
  program
    .command('app')
    .summary('the app, in your browser')
    .description('Runs the app in browser mode: its window is a page on this computer.')
    .option('--port <n>', 'port of the page (default: any that is free)', portNumber)
    .option('--no-open', 'print the address only')
    // For tests, which bring a page of their own.
    .addOption(new Option('--page <dir>', 'the built page').default(PAGE).hideHelp())
    .addHelpText('after', HELP)
    .action(runApp);
}

async function runApp({ port, open, page }: AppCommandOptions): Promise<void> {
  if (!existsSync(join(page, 'index.html'))) {
    throw new ResiduaError('NOT_BUILT', 'the page has not been built yet', {
      hint: 'Run `npm run build` first, or `npm start`, which does it for you.',
    });
  }
  const ended = new Promise<void>((resolve) => onInterrupt(resolve));
  const app = await startBrowserMode({
    appVersion: packageVersion(),
    modelsFolder: PACKAGED_MODELS,
    resourcesFolder: RESOURCES,
    page: resolve(page),
    port,
    opensPage: open,
    say: log,
  });
  log(
    app.isOpened
      ? 'Residua is open in your browser:'
      : 'Open this page in a browser on this computer:',
  );
  print(app.url);
  log('Ctrl-C ends it.');
  await ended;
  log('ending …');
  await app.close();
}

function portNumber(text: string): number {
  const port = wholeNumber(1)(text);
  if (port > 65_535) throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
  return port;
}
