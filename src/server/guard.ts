import type { IncomingHttpHeaders } from 'node:http';
import { isToken } from './token.ts';

/**
 * Who may talk to the server. It listens on the loopback address only; but every page in the person's browser can
 * reach that, by its address or by a name of its own that resolves to it (DNS rebinding).
 */
export interface Guard {
  /** Whether the request was meant for this server, and no foreign page made it. */
  mayReach(headers: IncomingHttpHeaders): boolean;
  /** Whether the page may be read: by anybody on this computer, unless a wrong token is shown. */
  mayRead(headers: IncomingHttpHeaders, url: URL): boolean;
  /** Whether the app's own page made the request, with the token. */
  mayConnect(headers: IncomingHttpHeaders, url: URL): boolean;
}

const NAMES = ['127.0.0.1', 'localhost'];

export function createGuard(port: number, token: string): Guard {
  const hosts = new Set(NAMES.map((name) => `${name}:${port}`));
  const origins = new Set([...hosts].map((host) => `http://${host}`));
  const mayReach = ({ host, origin }: IncomingHttpHeaders): boolean =>
    host !== undefined &&
    hosts.has(host.toLowerCase()) &&
    (origin === undefined || origins.has(origin));
  return {
    mayReach,
    mayRead(headers, url) {
      // The page itself holds no secret and needs no token; a wrong one is somebody's attempt.
      const shown = url.searchParams.get('token');
      return mayReach(headers) && (shown === null || isToken(shown, token));
    },
    mayConnect(headers, url) {
      // Every browser names the origin here; from the page of one name it must be that name.
      return (
        mayReach(headers) &&
        headers.origin === `http://${headers.host!.toLowerCase()}` &&
        isToken(url.searchParams.get('token'), token)
      );
    },
  };
}
