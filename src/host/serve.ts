/** The engine process as its driver sees it: reports in, beats, answers commands, ends with its driver. */
import { ResiduaError } from '../common/errors.ts';
import {
  commandMessageSchema,
  commands,
  HEARTBEAT_MS,
  parseMessage,
  toEngineProblem,
  type EngineEvent,
  type EngineVitals,
} from '../ipc/engine-protocol.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import type { EngineService } from './engine-service.ts';
import type { ParentLink } from './parent-link.ts';

/** What closing may take once the driver is gone; then the process ends as it is. */
const ORPHAN_CLOSE_MS = 2000;

export interface ServeOptions {
  readonly link: ParentLink;
  readonly createService: (emit: (event: EngineEvent) => void) => EngineService;
  /**
   * Ends this process at once. Not `process.exit`: that hangs while a native read is pending.
   */
  readonly exit: () => void;
}

/** Serves until the driver asks to close, or is gone. */
export function serve({ link, createService, exit }: ServeOptions): { orphaned: () => void } {
  const post = (message: object, isDroppable = false): void =>
    link.send({ ipc: IPC_VERSION, ...message }, isDroppable);
  const service = createService((event) =>
    // Telemetry comes again in 50 ms; everything else must arrive.
    post({ type: 'event', event }, event.type === 'telemetry'),
  );

  const beat = (): void => post({ type: 'heartbeat', vitals: vitals() });
  setInterval(beat, HEARTBEAT_MS);

  link.onMessage((received) => void answer(received));
  const orphaned = (): void => {
    setTimeout(exit, ORPHAN_CLOSE_MS);
    void service.close().finally(exit);
  };
  link.onGone(orphaned);
  post({ type: 'ready', pid: process.pid });

  async function answer(received: unknown): Promise<void> {
    let id: number | undefined;
    try {
      id = idOf(received);
      const { command, argument } = parseMessage(commandMessageSchema, received, 'the driver');
      const parsed = commands[command].argument.safeParse(argument);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const where = [command, ...(issue?.path ?? [])].join('.');
        throw new ResiduaError(
          'IPC_INVALID',
          `the driver sent an unexpected ${where}: ${issue?.message}`,
        );
      }
      const result = await service.handle(command, parsed.data as never);
      const message = { type: 'done', id, result };
      if (command !== 'close') return post(message);
      await link.sendLast({ ipc: IPC_VERSION, ...message });
      exit();
    } catch (error) {
      // Without a number there is nobody to tell.
      if (id !== undefined) post({ type: 'failed', id, problem: toEngineProblem(error) });
    }
  }
  return { orphaned };
}

function vitals(): EngineVitals {
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    atMs: performance.now(),
    cpuMs: (user + system) / 1000,
    heapUsedBytes: heapUsed,
    rssBytes: rss,
  };
}

function idOf(received: unknown): number | undefined {
  const id = (received as { id?: unknown } | null)?.id;
  return Number.isSafeInteger(id) ? (id as number) : undefined;
}
