import path from 'node:path';
import { app, BrowserWindow, ipcMain, protocol, session } from 'electron';
import { APP_ORIGIN, APP_SCHEME, serveAppFile } from './app-protocol.ts';
import { readOverview } from './overview.ts';
import { answerRequests } from './requests.ts';
import { denyNavigationEverywhere, denyPermissions, webPreferences } from './security.ts';

/** Electron's entry point: wires the tested parts to Electron and opens the window. */

// Set by `npm run dev` only; a packaged app never loads anything from a server.
const devServerUrl = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL'];
const outFolder = path.resolve(import.meta.dirname, '..');

function openWindow(): void {
  const window = new BrowserWindow({
    width: 1080,
    height: 760,
    minWidth: 640,
    minHeight: 480,
    show: false,
    title: 'Residua',
    backgroundColor: '#12161c',
    autoHideMenuBar: true,
    webPreferences: webPreferences(path.join(outFolder, 'preload', 'index.cjs')),
  });
  window.once('ready-to-show', () => window.show());
  window.loadURL(devServerUrl ?? `${APP_ORIGIN}/index.html`).catch((error: unknown) => {
    console.error('The window could not load its page:', error);
    app.exit(1);
  });
}

async function start(): Promise<void> {
  await app.whenReady();
  denyPermissions(session.defaultSession);
  protocol.handle(APP_SCHEME, (request) => serveAppFile(path.join(outFolder, 'renderer'), request));
  answerRequests(
    ipcMain,
    {
      overview: () => readOverview(path.join(app.getAppPath(), 'models'), app.getVersion()),
    },
    devServerUrl,
  );
  openWindow();
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) openWindow();
  });
}

// Both must happen before the app is ready.
app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);
denyNavigationEverywhere(app, devServerUrl);

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  start().catch((error: unknown) => {
    console.error('Residua could not start:', error);
    app.exit(1);
  });
} else {
  app.quit();
}
