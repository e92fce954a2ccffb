import type { AppRequest } from '../../ipc/app/app-protocol.ts';

/** Carries messages between the window and the app; says nothing about what is in them. */
export interface Transport {
  /** @throws when the message cannot be sent now; it is not kept for later */
  send(request: AppRequest): void;
  /** Starts it. Called once, before anything else. */
  start(listener: TransportListener): void;
  /** Tries again at once where it is waiting to, or was ended by {@link stop}. */
  retry(): void;
  /** Ends the connection and does not come back by itself. */
  stop(): void;
  /** Where a dropped file lies on disk; `null` where the window may not know. */
  pathOf(file: File): string | null;
}

export interface TransportListener {
  opened(): void;
  /** Messages sent and not yet answered are lost. It goes on trying. */
  lost(): void;
  /** Anything: the listener parses it. */
  received(message: unknown): void;
}
