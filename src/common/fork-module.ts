import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Starts a module of this program in a process of its own, talking through messages. TypeScript sources get
 * the loader that this process itself runs under; from Electron the child runs as plain Node. Its standard
 * output is dropped, as native libraries print there.
 * @param stderr whether what it prints as errors is shown. Default: shown
 */
export function forkModule(module: URL, stderr: 'inherit' | 'ignore' = 'inherit'): ChildProcess {
  const path = fileURLToPath(module);
  const loader = createRequire(import.meta.url);
  const execArgv = path.endsWith('.ts')
    ? ['--import', pathToFileURL(loader.resolve('tsx')).href]
    : [];
  return fork(path, [], {
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
    env: process.versions['electron'] ? { ...process.env, ELECTRON_RUN_AS_NODE: '1' } : process.env,
  });
}
