import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** What `npm run build` makes last and first. */
const BUILT = ['out/renderer/index.html', 'out/main/main/index.js', 'out/preload/index.cjs'];
const SOURCES = ['src', 'electron.vite.config.ts', 'vite.renderer.config.ts', 'package.json'];

/** @returns whether the app has not been built yet, or is older than something it was built from */
export function needsBuild(root: string): boolean {
  const built = BUILT.map((file) => timeOf(path.join(root, file)));
  if (built.includes(undefined)) return true;
  const oldest = Math.min(...(built as number[]));
  return SOURCES.some((source) => newestIn(path.join(root, source)) > oldest);
}

/** @throws Error when the build fails; what it prints has been shown */
export function build(root: string): void {
  const program = path.join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const { status } = spawnSync(process.execPath, [program, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`the build failed with status ${status}`);
}

function newestIn(file: string): number {
  if (!existsSync(file)) return 0;
  if (!statSync(file).isDirectory()) return timeOf(file) ?? 0;
  const entries = readdirSync(file, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .reduce((newest, { parentPath, name }) => {
      return Math.max(newest, timeOf(path.join(parentPath, name)) ?? 0);
    }, 0);
}

function timeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
