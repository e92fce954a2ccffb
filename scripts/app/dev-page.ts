import { Server } from 'node:http';
import path from 'node:path';
import { createServer } from 'vite';
import type { PageSource } from '../../src/server/page-server.ts';
import { contentSecurityPolicy } from '../../src/shell/content-security-policy.ts';

const configFile = path.resolve(import.meta.dirname, '../../vite.renderer.config.ts');

/** The page from its sources, with hot reload: stands behind the same guard as the built one. */
export async function devPage(): Promise<PageSource> {
  // Listens to nothing: it is handed what the guard has let through.
  const reload = new Server();
  const vite = await createServer({
    configFile,
    appType: 'spa',
    server: { middlewareMode: true, hmr: { server: reload } },
  });
  return {
    handle(request, response) {
      response.setHeader('Content-Security-Policy', developmentPolicy());
      vite.middlewares(request, response);
    },
    upgrade(request, socket, head) {
      const protocol = request.headers['sec-websocket-protocol'] ?? '';
      return /^vite-(hmr|ping)$/.test(protocol) && reload.emit('upgrade', request, socket, head);
    },
    close: () => vite.close(),
  };
}

/** vite puts scripts and styles into the page itself, and looks for a server that is gone from a worker. */
function developmentPolicy(): string {
  const policy = contentSecurityPolicy(['ws://127.0.0.1:*', 'ws://localhost:*']).replaceAll(
    /(script|style)-src 'self'/g,
    "$& 'unsafe-inline'",
  );
  return `${policy}; worker-src blob:`;
}
