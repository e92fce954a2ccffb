/**
 * Content security policy of the window: scripts and styles only from the app itself, no inline code,
 * no `eval`, no frames, no forms, and no network but what is named.
 *
 * @param connect addresses besides its own origin that the page may connect to
 */
export function contentSecurityPolicy(connect: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    ['connect-src', "'self'", ...connect].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}
