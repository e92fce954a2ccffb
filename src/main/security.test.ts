import { describe, expect, it, vi } from 'vitest';
import { denyNavigation, denyPermissions, isOwnPage, webPreferences } from './security.ts';

describe('webPreferences', () => {
  it('isolates and sandboxes the page', () => {
    expect(webPreferences('/p.cjs')).toMatchObject({
      preload: '/p.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
  });
});

describe('isOwnPage', () => {
  it.each(['residua://app/', 'residua://app/index.html#x'])('accepts %s', (url) => {
    expect(isOwnPage(url)).toBe(true);
  });

  it.each([
    'residua://app.evil.example/',
    'residua://evil/app',
    'https://app/',
    'file:///index.html',
    'about:blank',
    'http://localhost:5173/',
    'javascript:alert(1)',
    'data:text/html,x',
    '',
  ])('refuses %s', (url) => {
    expect(isOwnPage(url)).toBe(false);
  });

  it('accepts the development server in a development run, and only that', () => {
    expect(isOwnPage('http://localhost:5173/x', 'http://localhost:5173')).toBe(true);
    expect(isOwnPage('http://localhost:5174/', 'http://localhost:5173')).toBe(false);
    expect(isOwnPage('http://localhost:5173.evil.example/', 'http://localhost:5173')).toBe(false);
  });
});

describe('denyPermissions', () => {
  const session = {
    setPermissionRequestHandler: vi.fn(),
    setPermissionCheckHandler: vi.fn(),
    setDevicePermissionHandler: vi.fn(),
  };
  denyPermissions(session);
  const asks = (permission: string, requestingUrl: string): unknown => {
    const answer = vi.fn();
    session.setPermissionRequestHandler.mock.calls[0]![0]({}, permission, answer, {
      requestingUrl,
    });
    expect(answer).toHaveBeenCalledOnce();
    return answer.mock.calls[0]![0];
  };
  const checks = (permission: string, origin: string): unknown =>
    session.setPermissionCheckHandler.mock.calls[0]![0](null, permission, origin);
  const own = 'residua://app/index.html';

  it.each([
    'media',
    'clipboard-read',
    'geolocation',
    'notifications',
    'openExternal',
    'hid',
    'usb',
  ])('refuses %s to its own page too', (permission) => {
    expect(asks(permission, own)).toBe(false);
    expect(checks(permission, own)).toBe(false);
  });

  it('lets its own page copy text, and no other', () => {
    expect(asks('clipboard-sanitized-write', own)).toBe(true);
    expect(checks('clipboard-sanitized-write', 'residua://app/')).toBe(true);
    expect(asks('clipboard-sanitized-write', 'https://example.org/')).toBe(false);
    expect(checks('clipboard-sanitized-write', '')).toBe(false);
  });

  it('refuses every device', () => {
    expect(session.setDevicePermissionHandler.mock.calls[0]![0]({ deviceType: 'usb' })).toBe(false);
  });
});

describe('denyNavigation', () => {
  function page() {
    const listeners = new Map<string, (event: unknown) => void>();
    let openHandler: ((details: { url: string }) => { action: string }) | undefined;
    denyNavigation({
      on: ((name: string, listener: (event: unknown) => void) =>
        listeners.set(name, listener)) as never,
      setWindowOpenHandler: ((handler: typeof openHandler) => (openHandler = handler)) as never,
    });
    const isPrevented = (name: string, url: string) => {
      const event = { url, preventDefault: vi.fn() };
      listeners.get(name)!(event);
      return event.preventDefault.mock.calls.length > 0;
    };
    return { isPrevented, open: (url: string) => openHandler!({ url }) };
  }

  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('guards %s', (name) => {
    const { isPrevented } = page();
    expect(isPrevented(name, 'https://example.org/')).toBe(true);
    expect(isPrevented(name, 'residua://app/index.html')).toBe(false);
  });

  it('refuses web views and new windows, also to its own pages', () => {
    const { isPrevented, open } = page();
    expect(isPrevented('will-attach-webview', 'residua://app/')).toBe(true);
    expect(open('https://example.org/')).toEqual({ action: 'deny' });
    expect(open('residua://app/')).toEqual({ action: 'deny' });
  });
});
