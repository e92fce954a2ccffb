/** The engine process's channel to whoever started it: Node's `fork`, or Electron's `utilityProcess`. */
import { ResiduaError } from '../common/errors.ts';

export interface ParentLink {
  /**
   * @param isDroppable may be left out while the other side does not keep up
   */
  send(message: object, isDroppable?: boolean): void;
  /** Resolves once the message has left this process. */
  sendLast(message: object): Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  /** The other side is gone. */
  onGone(listener: () => void): void;
}

/** What is used of Electron's `process.parentPort`, whose types only Electron has. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

/** Messages on their way beyond which droppable ones are left out: 2 s of telemetry. */
const MAX_WAITING = 40;

/** @throws ResiduaError `ENGINE_NO_PARENT` when this process was started by hand */
export function parentLink(): ParentLink {
  const { parentPort } = process as unknown as { parentPort?: ParentPort };
  if (parentPort) return electronLink(parentPort);
  if (process.send) return forkLink();
  throw new ResiduaError(
    'ENGINE_NO_PARENT',
    'the engine process is started by Residua, not by hand',
    {
      hint: 'Use `residua live`.',
    },
  );
}

function forkLink(): ParentLink {
  let waiting = 0;
  const post = (message: object, sent?: () => void): void => {
    waiting += 1;
    // A broken pipe is the end of the parent, and `disconnect` says so.
    process.send!(message, undefined, undefined, () => {
      waiting -= 1;
      sent?.();
    });
  };
  process.on('error', () => undefined);
  return {
    send(message, isDroppable = false) {
      if (!process.connected || (isDroppable && waiting > MAX_WAITING)) return;
      post(message);
    },
    sendLast(message) {
      if (!process.connected) return Promise.resolve();
      return new Promise((resolve) => post(message, resolve));
    },
    onMessage: (listener) => void process.on('message', listener),
    onGone: (listener) => void process.once('disconnect', listener),
  };
}

function electronLink(port: ParentPort): ParentLink {
  return {
    send: (message) => port.postMessage(message),
    sendLast(message) {
      port.postMessage(message);
      // The port has no acknowledgement: one turn of the loop hands the message to Chromium's own thread.
      return new Promise((resolve) => setTimeout(resolve, 50));
    },
    onMessage: (listener) => port.on('message', ({ data }) => listener(data)),
    // Chromium ends utility processes together with the browser process.
    onGone: () => undefined,
  };
}
