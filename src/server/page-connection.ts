import type { WebSocket } from 'ws';
import { ResiduaError } from '../common/errors.ts';
import type { AppEvent, AppMessage } from '../ipc/app/app-protocol.ts';
import { closeCodes, decodeFrame, encodeFrame, MAX_REQUEST_LIST } from '../ipc/app/browser.ts';
import { toEngineProblem } from '../ipc/engine-protocol.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import { RateLimit } from './flood.ts';

/** What a page talks to: the app's core. */
export interface Core {
  /** Answers anything that arrives, requests of a wrong shape with a `failed` message. */
  handle(request: unknown): Promise<AppMessage>;
  /** @returns stops it */
  onEvent(listener: (event: AppEvent) => void): () => void;
}

/** Telemetry is left out while so much waits in the socket, bytes: a few seconds of it. */
const SLOW_BYTES = 1 << 18;
/** A page that lets so much pile up does not read any more, bytes. */
const STUCK_BYTES = 1 << 26;
/** Requests waiting for their answers beyond which nothing more is read for now. */
const MAX_OPEN = 128;
/** The same in bytes: a page that uploads. */
const MAX_OPEN_BYTES = 1 << 24;
/** A page sends a few dozen messages a second while a slider moves, some hundreds while it uploads. */
const MESSAGES_PER_SECOND = 1000;
const BURST = 2000;

/** One page at its WebSocket: carries its requests to the core and what the core says back. */
export class PageConnection {
  readonly #socket: WebSocket;
  readonly #core: Core;
  readonly #rate: RateLimit;
  readonly #stopEvents: () => void;
  /** Events wait for the answer to `hello`, whose picture of the app they change. */
  #greeting: 'none' | 'asked' | 'done' = 'none';
  #early: AppEvent[] = [];
  #open = 0;
  #openBytes = 0;
  #isEnded = false;

  constructor(socket: WebSocket, core: Core, rate = new RateLimit(MESSAGES_PER_SECOND, BURST)) {
    this.#socket = socket;
    this.#core = core;
    this.#rate = rate;
    this.#stopEvents = core.onEvent((event) => this.#tell(event));
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('close', () => this.#end());
    // A frame that is too long or broken; `ws` closes the socket itself.
    socket.on('error', () => this.#end());
  }

  /** Tells the page that another one has taken its place. */
  supersede(): void {
    this.#send({ type: 'event', event: { type: 'superseded' } });
    this.#close(closeCodes.superseded, 'another page has taken over');
  }

  /** The app ends. */
  close(): void {
    this.#close(closeCodes.ended, 'Residua has ended');
  }

  #receive(frame: Buffer, isBinary: boolean): void {
    if (this.#isEnded) return; // what was on its way when the socket was closed
    if (!isBinary) return this.#refuse(closeCodes.malformed, 'IPC_INVALID', 'a frame of text');
    if (!this.#rate.take()) {
      return this.#refuse(closeCodes.flood, 'IPC_FLOOD', 'the page sends too many messages');
    }
    let request: unknown;
    try {
      request = decodeFrame(frame, MAX_REQUEST_LIST);
    } catch (error) {
      return this.#refuse(closeCodes.malformed, 'IPC_INVALID', (error as Error).message);
    }
    this.#count(1, frame.length);
    void this.#answer(request, frame.length);
  }

  async #answer(request: unknown, bytes: number): Promise<void> {
    const isHello = (Object(request) as { command?: unknown }).command === 'hello';
    if (isHello && this.#greeting === 'none') this.#greeting = 'asked';
    const answer = await this.#core
      .handle(request)
      .catch((error: unknown) => failure(request, error));
    // Counted until it has left, so that a page that does not read cannot make more and more answers.
    this.#send(answer, () => this.#count(-1, -bytes));
    if (!isHello || this.#greeting !== 'asked') return;
    this.#greeting = answer.type === 'done' ? 'done' : 'none';
    const early = this.#early;
    this.#early = [];
    if (answer.type === 'done') for (const event of early) this.#tell(event);
  }

  #count(requests: number, bytes: number): void {
    this.#open += requests;
    this.#openBytes += bytes;
    const isFull = this.#open >= MAX_OPEN || this.#openBytes >= MAX_OPEN_BYTES;
    if (isFull && !this.#socket.isPaused) this.#socket.pause();
    else if (!isFull && this.#socket.isPaused) this.#socket.resume();
  }

  #tell(event: AppEvent): void {
    if (this.#greeting === 'none') return;
    const isTelemetry = event.type === 'telemetry';
    if (this.#greeting === 'asked') {
      if (!isTelemetry) this.#early.push(event);
      return;
    }
    // Telemetry comes again in 50 ms; everything else must arrive.
    if (isTelemetry && this.#socket.bufferedAmount > SLOW_BYTES) return;
    this.#send({ type: 'event', event });
  }

  #send(message: object, sent?: () => void): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return sent?.();
    this.#socket.send(encodeFrame({ ipc: IPC_VERSION, ...message }), () => sent?.());
    if (this.#socket.bufferedAmount > STUCK_BYTES) this.#socket.terminate();
  }

  /** Says why, and ends the connection. The number is nobody's: the frame is not looked into any further. */
  #refuse(code: number, problemCode: string, message: string): void {
    const problem = toEngineProblem(
      new ResiduaError(problemCode, message, { hint: 'Load the page again.' }),
    );
    this.#send({ type: 'failed', id: -1, problem });
    this.#close(code, message);
  }

  #close(code: number, reason: string): void {
    this.#end();
    if (this.#socket.isPaused) this.#socket.resume(); // or it would never see the other side's farewell
    this.#socket.close(code, reason);
  }

  #end(): void {
    this.#isEnded = true;
    this.#stopEvents();
    this.#early = [];
  }
}

function failure(request: unknown, error: unknown): AppMessage {
  const { id } = Object(request) as { id?: unknown };
  const known = Number.isSafeInteger(id) ? (id as number) : -1;
  return { ipc: IPC_VERSION, type: 'failed', id: known, problem: toEngineProblem(error) };
}
