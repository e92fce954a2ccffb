import type { WebSocket } from 'ws';
import type { AppMessage } from '../ipc/app/app-protocol.ts';
import { closeCodes, decodeFrame, encodeFrame, MAX_REQUEST_LIST } from '../ipc/app/browser.ts';
import { PageSession, type Core } from '../shell/page-session.ts';

/** Telemetry is left out while so much waits in the socket, bytes: a few seconds of it. */
const SLOW_BYTES = 1 << 18;
/** A page that lets so much pile up does not read any more, bytes. */
const STUCK_BYTES = 1 << 26;
/** Requests waiting for their answers beyond which nothing more is read for now. */
const MAX_OPEN = 128;
/** The same in bytes: a page that uploads. */
const MAX_OPEN_BYTES = 1 << 24;

/** One page at its WebSocket: carries its requests to the core and what the core says back. */
export class PageConnection {
  readonly #socket: WebSocket;
  readonly #session: PageSession;
  #open = 0;
  #openBytes = 0;
  #isEnded = false;

  constructor(socket: WebSocket, core: Core) {
    this.#socket = socket;
    this.#session = new PageSession(core, (message) => this.#send(message));
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('close', () => this.#end());
    // A frame that is too long or broken; `ws` closes the socket itself.
    socket.on('error', () => this.#end());
  }

  /** Tells the page that another one has taken its place. */
  supersede(): void {
    this.#session.supersede();
    this.#close(closeCodes.superseded, 'another page has taken over');
  }

  /** The app ends. */
  close(): void {
    this.#close(closeCodes.ended, 'Residua has ended');
  }

  #receive(frame: Buffer, isBinary: boolean): void {
    if (this.#isEnded) return; // what was on its way when the socket was closed
    if (!this.#session.admits()) return this.#close(closeCodes.flood, 'too many messages');
    let request: unknown;
    try {
      request = isBinary ? decodeFrame(frame, MAX_REQUEST_LIST) : undefined;
    } catch {
      request = undefined;
    }
    if (request === undefined) {
      this.#session.refuse('IPC_INVALID', 'the page sent something that is not MessagePack');
      return this.#close(closeCodes.malformed, 'not MessagePack');
    }
    this.#count(1, frame.length);
    // Counted until it has left, so that a page that does not read cannot make more and more answers.
    void this.#session.receive(request).then(() => this.#flushed(frame.length));
  }

  #flushed(bytes: number): void {
    const done = (): void => this.#count(-1, -bytes);
    if (this.#socket.readyState !== this.#socket.OPEN || this.#socket.bufferedAmount === 0) done();
    // An empty, unasked pong leaves behind everything that was sent before it.
    else this.#socket.pong(undefined, undefined, done);
  }

  #count(requests: number, bytes: number): void {
    this.#open += requests;
    this.#openBytes += bytes;
    const isFull = this.#open >= MAX_OPEN || this.#openBytes >= MAX_OPEN_BYTES;
    if (isFull && !this.#socket.isPaused) this.#socket.pause();
    else if (!isFull && this.#socket.isPaused) this.#socket.resume();
  }

  #send(message: AppMessage): void {
    const { bufferedAmount, readyState, OPEN } = this.#socket;
    if (readyState !== OPEN) return;
    const isTelemetry = message.type === 'event' && message.event.type === 'telemetry';
    // It comes again in 50 ms; everything else must arrive.
    if (isTelemetry && bufferedAmount > SLOW_BYTES) return;
    if (bufferedAmount > STUCK_BYTES) this.#socket.terminate();
    else this.#socket.send(encodeFrame(message), () => undefined);
  }

  #close(code: number, reason: string): void {
    this.#end();
    if (this.#socket.isPaused) this.#socket.resume(); // or it would never see the other side's farewell
    this.#socket.close(code, reason);
  }

  #end(): void {
    this.#isEnded = true;
    this.#session.end();
  }
}
