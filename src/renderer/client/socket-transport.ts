import type { AppRequest } from '../../ipc/app/app-protocol.ts';
import { decodeFrame, encodeFrame } from '../../ipc/app/browser.ts';
import type { Transport, TransportListener } from './transport.ts';

/** Time until the next attempt, ms: doubled after each one that failed. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;

/** What of the browser's WebSocket is used: tests bring their own. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  send(data: Uint8Array): void;
  close(): void;
}

const OPEN = 1;

/** MessagePack over one WebSocket to the server that the page came from; connects again when it is lost. */
export class SocketTransport implements Transport {
  readonly #connect: () => SocketLike;
  #listener: TransportListener | undefined;
  #socket: SocketLike | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  /** @param connect opens a socket */
  constructor(connect: () => SocketLike) {
    this.#connect = connect;
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
    this.#open();
  }

  retry(): void {
    if (this.#socket === undefined) this.#open();
  }

  stop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }

  send(request: AppRequest): void {
    if (this.#socket?.readyState !== OPEN) throw new Error('not connected');
    this.#socket.send(encodeFrame(request));
  }

  pathOf(): null {
    return null;
  }

  #open(): void {
    clearTimeout(this.#timer);
    const listener = this.#listener!;
    const socket = this.#connect();
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.#pauseMs = FIRST_PAUSE_MS;
      listener.opened();
    };
    socket.onmessage = ({ data }) => listener.received(unpack(data));
    socket.onclose = () => {
      this.#socket = undefined;
      if (!wasOpen) this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
      this.#timer = setTimeout(() => this.#open(), this.#pauseMs);
      listener.lost();
    };
  }
}

/** @returns what was packed; `undefined`, which no contract allows, for anything else */
function unpack(data: unknown): unknown {
  if (!(data instanceof ArrayBuffer)) return undefined;
  try {
    return decodeFrame(data);
  } catch {
    return undefined;
  }
}
