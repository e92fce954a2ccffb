/** A running engine process, however it was started. Messages are what structured clone can carry. */
export interface EngineProcess {
  readonly pid: number | undefined;
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the process is gone. `why` is for people: a status, a signal, its last words. */
  onExit(listener: (why: string) => void): void;
  /** At once and unconditionally; it may hang in a native call. */
  kill(): void;
}

export type LaunchEngine = () => EngineProcess;

/**
 * What every engine process needs in its environment. Each pending read of naudiodon holds a thread of
 * Node's pool, which has four by default; files and DNS need some too.
 */
export const ENGINE_ENVIRONMENT = { UV_THREADPOOL_SIZE: '16' } as const;
