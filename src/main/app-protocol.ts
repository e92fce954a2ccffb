import { contentSecurityPolicy } from '../shell/content-security-policy.ts';
import { readPageFile } from '../shell/page-files.ts';

/**
 * The window's files are served under a scheme of their own instead of `file:`, so that the page has
 * an origin, cannot read the disk, and every response carries the security headers.
 */
export const APP_SCHEME = 'residua';
export const APP_ORIGIN = `${APP_SCHEME}://app`;

/** @returns the path in the address, undefined for an address of another origin */
function pathOf(address: string): string | undefined {
  try {
    const { protocol, host, pathname } = new URL(address);
    return protocol === `${APP_SCHEME}:` && host === 'app' ? pathname : undefined;
  } catch {
    return undefined;
  }
}

/** Answers one request of the window from `folder`, the built renderer. */
export async function serveAppFile(
  folder: string,
  request: Pick<Request, 'method' | 'url'>,
): Promise<Response> {
  // No path: nothing lies there.
  const pathname = pathOf(request.url) ?? '/.';
  const { status, headers, body } = await readPageFile(
    folder,
    { method: request.method, pathname },
    contentSecurityPolicy(),
  );
  return new Response(body, { status, headers });
}
