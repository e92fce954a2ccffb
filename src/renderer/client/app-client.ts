import type * as z from 'zod';
import {
  appCommands,
  appMessageSchema,
  type AppArgument,
  type AppCommand,
  type AppEvent,
  type AppResult,
} from '../../ipc/app/app-protocol.ts';
import { fromEngineProblem, parseMessage } from '../../ipc/engine-protocol.ts';
import { IPC_VERSION } from '../../ipc/version.ts';
import type { Transport } from './transport.ts';

/**
 * - `connecting`: never open so far. - `lost`: it was, and is tried again. - `outdated`: the other side is of
 * another version. - `superseded`: another window has taken over.
 */
export type Connection = 'connecting' | 'open' | 'lost' | 'outdated' | 'superseded';

/** The app behind the window. */
export interface AppClient {
  /**
   * @throws ResiduaError with the app's own code; `CONNECTION_LOST` when no answer can come any more;
   * `IPC_VERSION`, `IPC_INVALID` for an answer that the contract does not allow
   */
  call<C extends AppCommand>(command: C, argument: AppArgument<C>): Promise<AppResult<C>>;
  /** @returns stops it */
  on<T extends AppEvent['type']>(type: T, listener: AppListener<T>): () => void;
  readonly connection: Connection;
  /** Called at every change. @returns stops it */
  onConnection(listener: (connection: Connection) => void): () => void;
  /** Something arrived that the contract does not allow, and was left out. @returns stops it */
  onInvalid(listener: (error: Error) => void): () => void;
  /** Connects again: after `superseded` it takes over. */
  reconnect(): void;
  /** Where a dropped file lies on disk; `null` where the window may not know. */
  pathOf(file: File): string | null;
  close(): void;
}
export type AppListener<T extends AppEvent['type']> = (
  event: Extract<AppEvent, { type: T }>,
) => void;

interface Waiting {
  readonly command: AppCommand;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** @returns the app behind `transport`, which it starts */
export function createAppClient(transport: Transport): AppClient {
  return new RemoteApp(transport);
}

class RemoteApp implements AppClient {
  readonly #transport: Transport;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #connectionListeners = new Set<(connection: Connection) => void>();
  readonly #invalidListeners = new Set<(error: Error) => void>();
  #connection: Connection = 'connecting';
  #nextId = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.start({
      opened: () => this.#become('open'),
      lost: () => {
        this.#rejectAll();
        if (this.#connection === 'open') this.#become('lost');
      },
      received: (message) => this.#receive(message),
    });
  }

  get connection(): Connection {
    return this.#connection;
  }

  call<C extends AppCommand>(command: C, argument: AppArgument<C>): Promise<AppResult<C>> {
    return new Promise<AppResult<C>>((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { command, resolve: resolve as (result: unknown) => void, reject });
      try {
        this.#transport.send({ ipc: IPC_VERSION, id, command, argument });
      } catch {
        this.#waiting.delete(id);
        reject(connectionLost());
      }
    });
  }

  on<T extends AppEvent['type']>(type: T, listener: AppListener<T>): () => void {
    let listeners = this.#listeners.get(type);
    if (listeners === undefined) this.#listeners.set(type, (listeners = new Set()));
    return subscribe(listeners as Set<AppListener<T>>, listener);
  }

  onConnection(listener: (connection: Connection) => void): () => void {
    return subscribe(this.#connectionListeners, listener);
  }

  onInvalid(listener: (error: Error) => void): () => void {
    return subscribe(this.#invalidListeners, listener);
  }

  reconnect(): void {
    this.#transport.retry();
  }

  pathOf(file: File): string | null {
    return this.#transport.pathOf(file);
  }

  close(): void {
    this.#transport.stop();
    this.#rejectAll();
  }

  #receive(received: unknown): void {
    let message;
    try {
      message = parseMessage(appMessageSchema, received, 'The app');
    } catch (error) {
      this.#refuse(error as Error);
      return;
    }
    if (message.type === 'event') {
      const { event } = message;
      if (event.type === 'superseded') this.#end('superseded');
      for (const listener of [...(this.#listeners.get(event.type) ?? [])]) {
        listener(event as never);
      }
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) {
      // An answer to nobody: either asked before the connection was lost, or why it is being ended.
      if (message.type === 'failed' && message.id < 0) {
        this.#refuse(fromEngineProblem(message.problem));
      }
      return;
    }
    this.#waiting.delete(message.id);
    if (message.type === 'failed') {
      waiting.reject(fromEngineProblem(message.problem));
      return;
    }
    try {
      const { result } = appCommands[waiting.command];
      waiting.resolve(parseMessage<unknown>(result as z.ZodType, message.result, 'The app'));
    } catch (error) {
      waiting.reject(error as Error);
    }
  }

  #refuse(error: Error & { readonly code?: string }): void {
    if (error.code === 'IPC_VERSION') this.#end('outdated');
    else for (const listener of [...this.#invalidListeners]) listener(error);
  }

  #end(connection: Connection): void {
    this.#transport.stop();
    this.#become(connection);
    this.#rejectAll();
  }

  #become(connection: Connection): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    for (const listener of [...this.#connectionListeners]) listener(connection);
  }

  #rejectAll(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(connectionLost());
  }
}

function subscribe<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

const connectionLost = (): Error =>
  fromEngineProblem({
    code: 'CONNECTION_LOST',
    message: 'The connection to Residua was lost before it answered.',
    hint: 'It connects again by itself. Then try again.',
    isUsage: false,
  });
