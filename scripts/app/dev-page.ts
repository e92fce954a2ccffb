import type { Server } from 'node:http';
import path from 'node:path';
import { createServer } from 'vite';
import type { PageSource } from '../../src/server/page-server.ts';
import { contentSecurityPolicy } from '../../src/shell/content-security-policy.ts';

const configFile = path.resolve(import.meta.dirname, '../../vite.renderer.config.ts');

/** The page from its sources, with hot reload: stands behind the same guard as the built one. */
export async function devPage(server: Server): Promise<PageSource> {
  const vite = await createServer({
    configFile,
    appType: 'spa',
    server: { middlewareMode: true, hmr: { server } },
  });
  return {
    handle(request, response) {
      response.setHeader('Content-Security-Policy', developmentPolicy());
      vite.middlewares(request, response);
    },
    // vite listens to the same server for its own sockets, and closes those that are not.
    upgrade: ({ headers }) => /^vite-(hmr|ping)$/.test(headers['sec-websocket-protocol'] ?? ''),
    close: () => vite.close(),
  };
}

/** vite puts scripts and styles into the page itself. */
function developmentPolicy(): string {
  return contentSecurityPolicy(['ws://127.0.0.1:*', 'ws://localhost:*']).replaceAll(
    /(script|style)-src 'self'/g,
    "$& 'unsafe-inline'",
  );
}
