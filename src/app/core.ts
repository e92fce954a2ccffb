import { ResiduaError } from '../common/errors.ts';
import {
  appCommands,
  appRequestSchema,
  type AppCommand,
  type AppEvent,
  type AppMessage,
} from '../ipc/app/app-protocol.ts';
import { parseMessage, toEngineProblem } from '../ipc/engine-protocol.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import type { Emit, Handlers } from './handlers.ts';

/** Tells every listener; one that throws does not keep the others from hearing it. */
export class AppEvents {
  /** Each with whether it is a window, in which a person reads. */
  readonly #listeners = new Map<(event: AppEvent) => void, boolean>();

  /** Whether a window would hear it. */
  get areHeard(): boolean {
    return [...this.#listeners.values()].includes(true);
  }

  readonly emit: Emit = (event) => {
    for (const listener of [...this.#listeners.keys()]) {
      try {
        listener(event);
      } catch (error) {
        console.error('A listener of the app failed:', error);
      }
    }
  };

  on(listener: (event: AppEvent) => void, isWindow: boolean): () => void {
    this.#listeners.set(listener, isWindow);
    return () => void this.#listeners.delete(listener);
  }
}

/**
 * The app behind the window, the same for every shell: answers the contract's requests, tells what happens.
 * It trusts nothing that it is sent.
 */
export class AppCore {
  readonly #handlers: Handlers;
  readonly #events: AppEvents;
  readonly #end: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** @param end stops everything behind the handlers */
  constructor(handlers: Handlers, events: AppEvents, end: () => Promise<void>) {
    this.#handlers = handlers;
    this.#events = events;
    this.#end = end;
  }

  /**
   * Answers anything that arrives, once; what is not of the contract with a `failed` message (`IPC_INVALID`,
   * `IPC_VERSION`), numbered −1 where the request has no number. Never rejects.
   */
  async handle(request: unknown): Promise<AppMessage> {
    try {
      const { id, command, argument } = parseMessage(appRequestSchema, request, 'the window');
      if (this.#closing) throw new ResiduaError('APP_CLOSED', 'Residua is ending');
      return { ipc: IPC_VERSION, type: 'done', id, result: await this.#run(command, argument) };
    } catch (error) {
      const problem = toEngineProblem(error);
      return { ipc: IPC_VERSION, type: 'failed', id: idOf(request), problem };
    }
  }

  /**
   * @param isWindow whether a person reads there what is told; the shell itself listens too
   * @returns stops it
   */
  onEvent(listener: (event: AppEvent) => void, isWindow = true): () => void {
    return this.#events.on(listener, isWindow);
  }

  /** Ends the engine, with its recording, and all work; writes the settings. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #run(command: AppCommand, received: unknown): Promise<unknown> {
    const schemas = appCommands[command];
    const argument = schemas.argument.safeParse(received);
    if (!argument.success) {
      const [issue] = argument.error.issues;
      const where = [command, ...(issue?.path ?? [])].join('.');
      throw new ResiduaError(
        'IPC_INVALID',
        `the window sent an unexpected ${where}: ${issue?.message}`,
        { hint: 'This is a bug in Residua: please report it.' },
      );
    }
    const given = await this.#handlers[command](argument.data as never);
    // The window would refuse it just as well, but could not say whose mistake it is.
    const result = schemas.result.safeParse(given);
    if (result.success) return result.data;
    const where = result.error.issues[0]?.path.join('.') || 'result';
    throw new ResiduaError('IPC_INVALID', `'${command}' gave an unexpected ${where}`, {
      cause: result.error,
      hint: 'This is a bug in Residua: please report it.',
    });
  }
}

function idOf(request: unknown): number {
  const id = (request as { id?: unknown } | null | undefined)?.id;
  return Number.isSafeInteger(id) ? (id as number) : -1;
}
