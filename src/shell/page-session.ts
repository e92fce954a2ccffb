import { ResiduaError } from '../common/errors.ts';
import type { AppEvent, AppMessage } from '../ipc/app/app-protocol.ts';
import { toEngineProblem } from '../ipc/engine-protocol.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import { RateLimit } from './rate-limit.ts';

/** What a page talks to: the app's core. */
export interface Core {
  /** Answers anything that arrives, requests of a wrong shape with a `failed` message. */
  handle(request: unknown): Promise<AppMessage>;
  /** @returns stops it */
  onEvent(listener: (event: AppEvent) => void): () => void;
}

/** A page sends a few dozen messages a second while a slider moves, some hundreds while it uploads. */
const MESSAGES_PER_SECOND = 1000;
const BURST = 2000;

export const createRateLimit = (): RateLimit => new RateLimit(MESSAGES_PER_SECOND, BURST);

/** One page from its `hello` to its end, over whatever carries its messages. */
export class PageSession {
  readonly #core: Core;
  readonly #send: (message: AppMessage) => void;
  readonly #rate: RateLimit;
  /** Listens from `hello` on: what happens before is told to whoever comes. */
  #stopEvents: (() => void) | undefined;
  /** Events wait for the answer to `hello`, whose picture of the app they change. */
  #greeting: 'none' | 'asked' | 'done' = 'none';
  #isEnded = false;
  #early: AppEvent[] = [];

  /** @param send carries a message to the page; telemetry may be left out */
  constructor(core: Core, send: (message: AppMessage) => void, rate = createRateLimit()) {
    this.#core = core;
    this.#send = send;
    this.#rate = rate;
  }

  /**
   * Whether one more message is within what a page may send. When it is not, the page has been told so, and is to
   * be cut off.
   */
  admits(): boolean {
    if (this.#rate.take()) return true;
    this.refuse('IPC_FLOOD', 'the page sends too many messages');
    return false;
  }

  /** Answers a request. Never rejects. */
  async receive(request: unknown): Promise<AppMessage> {
    const isHello = (Object(request) as { command?: unknown }).command === 'hello';
    if (isHello && this.#greeting === 'none' && !this.#isEnded) {
      this.#greeting = 'asked';
      this.#stopEvents = this.#core.onEvent((event) => this.#tell(event));
    }
    const answer = await this.#core
      .handle(request)
      .catch((error: unknown) => failed(idOf(request), error));
    this.#send(answer);
    if (isHello && this.#greeting === 'asked') {
      const early = this.#early;
      this.#early = [];
      if (answer.type === 'done') {
        this.#greeting = 'done';
        early.forEach((event) => this.#tell(event));
      } else {
        this.#greeting = 'none';
        this.#stopEvents?.();
      }
    }
    return answer;
  }

  /** Says what is wrong with a message whose number is unknown. */
  refuse(code: string, message: string): void {
    this.#send(failed(-1, new ResiduaError(code, message, { hint: 'Load the page again.' })));
  }

  /** Says that another page has taken its place. */
  supersede(): void {
    this.#send(eventMessage({ type: 'superseded' }));
  }

  end(): void {
    this.#isEnded = true;
    this.#greeting = 'none';
    this.#stopEvents?.();
    this.#early = [];
  }

  #tell(event: AppEvent): void {
    if (this.#greeting === 'done') this.#send(eventMessage(event));
    // Telemetry comes again in 50 ms.
    else if (this.#greeting === 'asked' && event.type !== 'telemetry') this.#early.push(event);
  }
}

const eventMessage = (event: AppEvent): AppMessage => ({ ipc: IPC_VERSION, type: 'event', event });

const failed = (id: number, error: unknown): AppMessage => ({
  ipc: IPC_VERSION,
  type: 'failed',
  id,
  problem: toEngineProblem(error),
});

function idOf(request: unknown): number {
  const { id } = Object(request) as { id?: unknown };
  return Number.isSafeInteger(id) ? (id as number) : -1;
}
