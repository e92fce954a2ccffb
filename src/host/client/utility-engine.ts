import type { EngineProcess } from './engine-process.ts';

/** What is used of Electron's `UtilityProcess`, so that this file runs and is tested without Electron. */
export interface UtilityProcessLike {
  readonly pid: number | undefined;
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'exit', listener: (code: number) => void): unknown;
  kill(): boolean;
}

/**
 * An engine that Electron's main process has started:
 * `utilityEngine(utilityProcess.fork(entry, [], { env: { ...process.env, ...ENGINE_ENVIRONMENT } }))`.
 */
export function utilityEngine(child: UtilityProcessLike): EngineProcess {
  let pid = child.pid;
  child.on('message', () => (pid ??= child.pid));
  return {
    get pid() {
      return child.pid ?? pid;
    },
    send: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) =>
      void child.once('exit', (code) => listener(`it ended with status ${code}`)),
    kill: () => {
      // Electron's own kill is SIGTERM, which a process stuck in a native call never acts on.
      const target = child.pid ?? pid;
      if (target === undefined) child.kill();
      else {
        try {
          process.kill(target, 'SIGKILL');
        } catch {
          child.kill(); // gone already, or not ours to signal
        }
      }
    },
  };
}
