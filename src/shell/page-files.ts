import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The files of the window's page, as both shells serve them: one folder, the types a page is made of. */

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wav': 'audio/wav',
};

export interface PageFile {
  readonly status: 200 | 404 | 405;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * @param pathname as it stands in the request, percent-encoded; `/` means `index.html`
 * @returns the file to serve, or undefined for a file type that is not served or a path that would leave
 *   `folder`
 */
export function pageFile(folder: string, pathname: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined; // malformed escapes
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return undefined;
  const file = path.join(folder, decoded === '/' ? 'index.html' : decoded);
  const inside = path.relative(folder, file);
  if (inside.startsWith('..') || path.isAbsolute(inside)) return undefined;
  return path.extname(file) in contentTypes ? file : undefined;
}

/**
 * Answers a request for a file of the page. Never rejects.
 * @param policy the content security policy, sent with everything
 */
export async function readPageFile(
  folder: string,
  request: { readonly method: string; readonly pathname: string },
  policy: string,
): Promise<PageFile> {
  const headers = {
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  };
  const refuse = (status: 404 | 405, text: string): PageFile => ({
    status,
    headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
    body: new TextEncoder().encode(text),
  });
  if (request.method !== 'GET') return refuse(405, 'Not allowed');
  const file = pageFile(folder, request.pathname);
  if (file === undefined) return refuse(404, 'Not found');
  try {
    const body = await readFile(file);
    return {
      status: 200,
      headers: {
        ...headers,
        'Content-Type': contentTypes[path.extname(file)]!,
      },
      body: new Uint8Array(body),
    };
  } catch {
    return refuse(404, 'Not found');
  }
}
