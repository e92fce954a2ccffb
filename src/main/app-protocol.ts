import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { contentSecurityPolicy } from './csp.ts';

/**
 * The window's files are served under a scheme of their own instead of `file:`, so that the page has
 * an origin, cannot read the disk, and every response carries the security headers.
 */
export const APP_SCHEME = 'residua';
export const APP_ORIGIN = `${APP_SCHEME}://app`;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wav': 'audio/wav',
};

/**
 * @param url as requested, e.g. `residua://app/assets/index.js`; `/` means `index.html`
 * @returns the file to serve, or undefined for another origin, a file type that is not served, or a
 *   path that would leave `folder`
 */
export function fileForUrl(folder: string, url: string): string | undefined {
  let pathname: string;
  try {
    const parsed = new URL(url);
    if (parsed.protocol !== `${APP_SCHEME}:` || parsed.host !== 'app') return undefined;
    pathname = decodeURIComponent(parsed.pathname);
  } catch {
    return undefined; // not a URL, or malformed escapes
  }
  if (pathname.includes('\0') || pathname.includes('\\')) return undefined;
  const file = path.join(folder, pathname === '/' ? 'index.html' : pathname);
  const inside = path.relative(folder, file);
  if (inside.startsWith('..') || path.isAbsolute(inside)) return undefined;
  return path.extname(file) in contentTypes ? file : undefined;
}

/** Answers one request of the window from `folder`, the built renderer. */
export async function serveAppFile(folder: string, request: Request): Promise<Response> {
  const headers = {
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
  };
  if (request.method !== 'GET') return new Response('Not allowed', { status: 405, headers });
  const file = fileForUrl(folder, request.url);
  if (file === undefined) return new Response('Not found', { status: 404, headers });
  try {
    const body = await readFile(file);
    const contentType = contentTypes[path.extname(file)]!;
    return new Response(body, { headers: { ...headers, 'Content-Type': contentType } });
  } catch {
    return new Response('Not found', { status: 404, headers });
  }
}
