import type { App, Event, Session, WebContents, WebPreferences } from 'electron';
import { APP_ORIGIN } from './app-protocol.ts';

/**
 * What the window may do: show its own pages and send the contract's messages. Everything else that a
 * web page can ask of Electron is refused here, in one place.
 */

/** The renderer is an ordinary, sandboxed web page with one narrow bridge. */
export function webPreferences(preloadFile: string): WebPreferences {
  return {
    preload: preloadFile,
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    navigateOnDragDrop: false,
    spellcheck: false,
  };
}

/**
 * @param url of a page or frame
 * @param devServerUrl the development server's address, only ever set in a development run
 */
export function isOwnPage(url: string, devServerUrl?: string): boolean {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return false;
  }
  // `URL.origin` is the string 'null' for schemes of one's own, so compare the parts.
  if (`${parsed.protocol}//${parsed.host}` === APP_ORIGIN) return true;
  return devServerUrl !== undefined && parsed.origin === new URL(devServerUrl).origin;
}

/** Copying text that the person asked to copy (diagnostics). Reading the clipboard is another permission. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write';

/**
 * Refuses every permission, device and capture request, but that the app's own page copies text. Audio devices belong
 * to the host process.
 */
export function denyPermissions(
  session: Pick<
    Session,
    'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
  >,
  devServerUrl?: string,
): void {
  const isAllowed = (permission: string, url: string): boolean =>
    permission === ALLOWED_PERMISSION && isOwnPage(url, devServerUrl);
  session.setPermissionRequestHandler((_contents, permission, callback, { requestingUrl }) =>
    callback(isAllowed(permission, requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) =>
    isAllowed(permission, requestingOrigin),
  );
  session.setDevicePermissionHandler(() => false);
}

/** Refuses navigation away from the app's own pages, new windows and embedded web views. */
export function denyNavigation(
  contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>,
  devServerUrl?: string,
): void {
  const refuseForeign = (event: Event & { readonly url: string }) => {
    if (!isOwnPage(event.url, devServerUrl)) event.preventDefault();
  };
  contents.on('will-navigate', refuseForeign);
  contents.on('will-frame-navigate', refuseForeign);
  contents.on('will-redirect', refuseForeign);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** Applies `denyNavigation` to every page the app will ever create. */
export function denyNavigationEverywhere(app: Pick<App, 'on'>, devServerUrl?: string): void {
  app.on('web-contents-created', (_event, contents) => denyNavigation(contents, devServerUrl));
}
