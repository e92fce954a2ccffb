/**
 * `npm run dist`: packages of the desktop app for the system this runs on, into dist/. What follows `--` goes to
 * electron-builder: `npm run dist -- --dir`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { errorMessage } from '../src/common/errors.ts';
import { build } from './app/build-if-needed.ts';
import { findElectron } from './app/electron-binary.ts';
import { canDownloadElectron } from './app/electron-download.ts';

const root = path.resolve(import.meta.dirname, '..');
process.exitCode = await dist();

async function dist(): Promise<number> {
  const args = process.argv.slice(2);
  const electron = findElectron({ root, env: process.env });
  const options: string[] = [];
  if ('found' in electron) {
    options.push(`-c.electronDist=${distFolder(electron.found)}`);
  } else {
    const download = await canDownloadElectron(electronVersion(), process.env);
    if ('missing' in download) {
      say(`residua: no packages can be built: ${electron.missing};`);
      say(`and it cannot be downloaded: ${download.missing}.`);
      say(
        'Unpack its release somewhere and name the folder in ELECTRON_OVERRIDE_DIST_PATH, or set ELECTRON_MIRROR.',
      );
      return 1;
    }
  }
  try {
    build(root);
  } catch (error) {
    say(`residua: ${errorMessage(error)}`);
    return 1;
  }
  const program = path.join(root, 'node_modules', 'electron-builder', 'cli.js');
  const { status } = spawnSync(process.execPath, [program, '-p', 'never', ...options, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  return status ?? 1;
}

/** The folder that holds Electron's whole distribution. On macOS the program lies deep in a bundle. */
function distFolder(program: string): string {
  const bundle = program.indexOf(`${path.sep}Electron.app${path.sep}`);
  return bundle === -1 ? path.dirname(program) : program.slice(0, bundle);
}

function electronVersion(): string {
  const file = path.join(root, 'node_modules', 'electron', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
