import { pactl, subscribe } from './pactl.ts';

const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 8000;

export interface ServerWatchHandlers {
  /** Devices or defaults may have changed; also called when the server goes and when it comes. */
  changed(): void;
  /** The server is back, with none of what was loaded into it. */
  returned?(): void;
}

/** Listens to the sound server's notices, across its restarts. */
export class ServerWatch {
  readonly #handlers: ServerWatchHandlers;
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS;
  #open = true;

  constructor(handlers: ServerWatchHandlers) {
    this.#handlers = handlers;
    this.#subscribe();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#unsubscribe?.();
  }

  #subscribe(): void {
    this.#unsubscribe = subscribe(
      () => this.#handlers.changed(),
      () => {
        this.#unsubscribe = undefined;
        if (!this.#open) return;
        this.#handlers.changed();
        this.#retryLater();
      },
    );
  }

  #retryLater(): void {
    this.#timer = setTimeout(() => void this.#retry(), this.#retryMs);
    this.#timer.unref();
  }

  async #retry(): Promise<void> {
    const isUp = await pactl(['info']).then(
      () => true,
      () => false,
    );
    if (!this.#open) return;
    if (!isUp) {
      this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
      this.#retryLater();
      return;
    }
    this.#retryMs = RETRY_MS;
    this.#subscribe();
    this.#handlers.changed();
    this.#handlers.returned?.();
  }
}
