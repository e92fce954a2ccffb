/**
 * `npm run dev`: the app with hot reload of its page. In Electron, or, where that cannot run or `--browser` is
 * given, in the browser.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describeError } from '../src/common/errors.ts';
import { packageVersion } from '../src/cli/package-version.ts';
import { startBrowserMode } from '../src/server/browser-mode.ts';
import { devPage } from './app/dev-page.ts';
import { findElectron, whyNoWindow } from './app/electron-binary.ts';

const root = path.resolve(import.meta.dirname, '..');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const why = obstacle();
if (why === undefined) {
  const program = path.join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const { status } = spawnSync(process.execPath, [program, 'dev'], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  if (why !== 'asked for') say(`No desktop window: ${why}. Browser mode instead.`);
  await browserMode();
}

function obstacle(): string | undefined {
  if (process.argv.includes('--browser')) return 'asked for';
  const electron = findElectron({ root, env: process.env });
  if ('missing' in electron) return electron.missing;
  return whyNoWindow({ platform: process.platform, env: process.env, uid: process.getuid?.() });
}

async function browserMode(): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
  });
  try {
    const app = await startBrowserMode({
      appVersion: packageVersion(),
      modelsFolder: path.join(root, 'models'),
      resourcesFolder: path.join(root, 'resources'),
      page: devPage,
      opensPage: !process.argv.includes('--no-open'),
      say,
    });
    say(
      `${app.url}\nThe page reloads as its sources change; for changes behind it start again. Ctrl-C ends it.`,
    );
    await ended;
    await app.close();
  } catch (error) {
    say(`residua: ${describeError(error)}`);
    process.exitCode = 1;
  }
}
