import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { errorMessage, ResiduaError } from '../common/errors.ts';
import { MAX_FRAME_BYTES, SOCKET_PATH } from '../ipc/app/browser.ts';
import { contentSecurityPolicy } from '../shell/content-security-policy.ts';
import { readPageFile } from '../shell/page-files.ts';
import type { Core } from '../shell/page-session.ts';
import { createGuard } from './guard.ts';
import { PageConnection } from './page-connection.ts';
import { createToken } from './token.ts';

/** Browser mode: the window's page and its one WebSocket, for this computer alone. */

const ADDRESS = '127.0.0.1';

/** Answers requests for the page instead of its built files: a development server. */
export interface PageSource {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Its own sockets, for hot reload. @returns whether it was one */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): Promise<void>;
}

export interface PageServerOptions {
  readonly core: Core;
  /** Folder of the built renderer, or what stands in for it. */
  readonly page: string | (() => Promise<PageSource>);
  /** Default: any free one. */
  readonly port?: number | undefined;
  readonly token?: string;
  /** The number of pages connected has changed: 0 or 1. */
  readonly onPages?: (pages: 0 | 1) => void;
}

export interface PageServer {
  /** Opens the page; holds the token. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** @throws ResiduaError `PORT_TAKEN` when another program has the port, `SERVER_FAILED` otherwise */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const { core, onPages, token = createToken() } = options;
  const server = createServer();
  const port = await listen(server, options.port ?? 0);
  const guard = createGuard(port, token);
  const policy = contentSecurityPolicy([`ws://${ADDRESS}:${port}`, `ws://localhost:${port}`]);
  const source = typeof options.page === 'string' ? undefined : await options.page();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  let current: PageConnection | undefined;

  server.on('request', (request, response) => {
    const url = urlOf(request);
    if (url === undefined || !guard.mayRead(request.headers, url)) return forbid(response);
    if (source !== undefined) return source.handle(request, response);
    void readPageFile(
      options.page as string,
      { method: request.method ?? '', pathname: url.pathname },
      policy,
    ).then(({ status, headers, body }) => {
      response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
    });
  });

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const url = urlOf(request);
    if (url === undefined || !guard.mayReach(request.headers)) return forbidUpgrade(socket);
    if (url.pathname !== SOCKET_PATH) {
      if (!source?.upgrade(request, socket, head)) forbidUpgrade(socket);
      return;
    }
    if (!guard.mayConnect(request.headers, url)) return forbidUpgrade(socket);
    sockets.handleUpgrade(request, socket, head, (page) => {
      current?.supersede();
      const connection = new PageConnection(page, core);
      current = connection;
      onPages?.(1);
      page.on('close', () => {
        if (current !== connection) return;
        current = undefined;
        onPages?.(0);
      });
    });
  });

  return {
    url: `http://${ADDRESS}:${port}/#token=${token}`,
    port,
    async close() {
      current?.close();
      await source?.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A page that does not say farewell is not waited for.
      setTimeout(() => {
        for (const page of sockets.clients) page.terminate();
        server.closeAllConnections();
      }, 200);
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new ResiduaError('PORT_TAKEN', `port ${port} is taken by another program`, {
              hint: 'Choose another one, or leave it out for any that is free.',
            })
          : new ResiduaError('SERVER_FAILED', `no page can be served: ${errorMessage(error)}`),
      );
    });
    // Anything slower is no browser on the same computer.
    server.headersTimeout = 5000;
    server.requestTimeout = 10_000;
    server.listen(port, ADDRESS, () => resolve((server.address() as AddressInfo).port));
  });
}

function urlOf(request: IncomingMessage): URL | undefined {
  const target = request.url ?? '';
  // A target can be a whole address too, as proxies are asked: nobody asks this server so.
  if (!target.startsWith('/')) return undefined;
  try {
    return new URL(`http://${ADDRESS}${target}`);
  } catch {
    return undefined;
  }
}

function forbid(response: ServerResponse): void {
  response.writeHead(403, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end('Forbidden');
}

function forbidUpgrade(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
