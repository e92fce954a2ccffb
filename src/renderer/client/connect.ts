import type { ResiduaBridge } from '../../ipc/app/app-protocol.ts';
import { SOCKET_PATH } from '../../ipc/app/browser.ts';
import { createAppClient, type AppClient } from './app-client.ts';
import { BridgeTransport } from './bridge-transport.ts';
import { SocketTransport, type SocketLike } from './socket-transport.ts';

declare global {
  interface Window {
    /** Set by the preload script of the desktop app. */
    readonly residua?: ResiduaBridge;
  }
}

const TOKEN_KEY = 'residua.token';

/**
 * Takes the token out of the address bar, so that it is neither seen nor kept in the history, and remembers it for
 * when this tab is loaded anew.
 * @returns it; `null` where the page was opened without one
 */
export function takeToken(
  page: Pick<Location, 'href'>,
  history: Pick<History, 'replaceState'>,
  memory: Pick<Storage, 'getItem' | 'setItem'>,
): string | null {
  const address = new URL(page.href);
  const token = new URLSearchParams(address.hash.slice(1)).get('token');
  if (token === null) return memory.getItem(TOKEN_KEY);
  memory.setItem(TOKEN_KEY, token);
  address.hash = '';
  history.replaceState(null, '', address);
  return token;
}

/** @returns where the server's socket is, from the page's own address */
export function socketAddress(page: string, token: string | null): string {
  const address = new URL(SOCKET_PATH, page);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  if (token !== null) address.searchParams.set('token', token);
  return address.href;
}

/** The app behind this window, over whatever there is: the desktop app's bridge, or the server of the page. */
export function connect(): AppClient {
  if (window.residua !== undefined) return createAppClient(new BridgeTransport(window.residua));
  const token = takeToken(location, history, sessionStorage);
  const address = socketAddress(location.href, token);
  const client = createAppClient(
    new SocketTransport(() => new WebSocket(address) as unknown as SocketLike),
  );
  const hurry = () => {
    if (client.connection === 'lost') client.reconnect();
  };
  window.addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  return client;
}
