import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Starts a module of this program in a process of its own, talking through messages. TypeScript
 * sources get the same loader the command line itself runs under.
 */
export function forkModule(module: URL): ChildProcess {
  const path = fileURLToPath(module);
  const loader = createRequire(import.meta.url);
  const execArgv = path.endsWith('.ts')
    ? ['--import', pathToFileURL(loader.resolve('tsx')).href]
    : [];
  return fork(path, [], {
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
