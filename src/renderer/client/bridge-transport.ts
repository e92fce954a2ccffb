import type { AppRequest, ResiduaBridge } from '../../ipc/app/app-protocol.ts';
import type { Transport, TransportListener } from './transport.ts';

/** Messages of the desktop app, through its preload script. The other end lives as long as the window. */
export class BridgeTransport implements Transport {
  readonly #bridge: ResiduaBridge;
  #listener: TransportListener | undefined;
  #end: (() => void) | undefined;

  constructor(bridge: ResiduaBridge) {
    this.#bridge = bridge;
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
    this.#open();
  }

  retry(): void {
    if (this.#end === undefined) this.#open();
  }

  stop(): void {
    this.#end?.();
    this.#end = undefined;
  }

  send(request: AppRequest): void {
    this.#bridge.send(request);
  }

  pathOf(file: File): string | null {
    // Empty for a file that exists in memory only.
    return this.#bridge.pathOf(file) || null;
  }

  #open(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#end = this.#bridge.onMessage((message) => listener.received(message));
    listener.opened();
  }
}
