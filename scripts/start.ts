/**
 * `npm start`: the desktop app, or, where Electron cannot run, the same app in the browser. What follows `--` goes to
 * browser mode: `npm start -- --browser --port 4000`.
 */
import path from 'node:path';
import { errorMessage } from '../src/common/errors.ts';
import { main } from '../src/cli/main.ts';
import { build, needsBuild } from './app/build-if-needed.ts';
import { findElectron, whyNoWindow } from './app/electron-binary.ts';
import { runElectron } from './app/run-electron.ts';

const root = path.resolve(import.meta.dirname, '..');
const args = process.argv.slice(2).filter((argument) => argument !== '--browser');

process.exitCode = await start();

async function start(): Promise<number> {
  if (needsBuild(root)) {
    say('building the app …');
    try {
      build(root);
    } catch (error) {
      say(`residua: ${errorMessage(error)}`);
      return 1;
    }
  }
  const why = await desktop();
  if (why === undefined) return 0;
  if (why !== 'asked for') say(`No desktop window: ${why}. Opening browser mode instead.`);
  return main(['app', ...args]);
}

/** @returns why it did not open; `undefined` after the person has closed it */
async function desktop(): Promise<string | undefined> {
  if (process.argv.includes('--browser')) return 'asked for';
  const electron = findElectron({ root, env: process.env });
  if ('missing' in electron) return electron.missing;
  const obstacle = whyNoWindow({
    platform: process.platform,
    env: process.env,
    uid: process.getuid?.(),
  });
  if (obstacle !== undefined) return obstacle;
  const end = await runElectron(electron.found, [root]);
  return end === 'ended' ? undefined : `Electron did not start, ${end.failed}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
