import { spawn } from 'node:child_process';

/** An Electron that ends in failure within this time has not shown a window, ms. */
const START_MS = 15_000;

export type ElectronEnd = 'ended' | { readonly failed: string };

/**
 * Runs Electron until the person closes it.
 * @returns `failed` when it could not start: a missing library, a sandbox that the system forbids
 */
export function runElectron(program: string, args: readonly string[]): Promise<ElectronEnd> {
  const from = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    // Ctrl-C reaches it too, and it ends in order.
    const wait = (): void => undefined;
    process.on('SIGINT', wait);
    const terminate = (): void => void child.kill('SIGTERM');
    process.on('SIGTERM', terminate);
    const settle = (end: ElectronEnd): void => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', terminate);
      resolve(end);
    };
    child.once('error', (error) => settle({ failed: error.message }));
    child.once('exit', (status, signal) => {
      const isEarly = performance.now() - from < START_MS;
      const isAsked = signal === 'SIGTERM' || signal === 'SIGINT';
      if (status === 0 || isAsked || !isEarly) return settle('ended');
      settle({ failed: signal ? `it was ended by ${signal}` : `it ended with status ${status}` });
    });
  });
}
