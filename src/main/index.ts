import path from 'node:path';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  app,
  BrowserWindow,
  globalShortcut,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  shell,
  systemPreferences,
  Tray,
  utilityProcess,
  type BrowserWindowConstructorOptions,
} from 'electron';
import { createApp } from '../app/create-app.ts';
import type { AppCore } from '../app/core.ts';
import { ENGINE_ENVIRONMENT } from '../host/client/engine-process.ts';
import { ENGINE_ENTRY } from '../host/client/fork-engine.ts';
import { utilityEngine } from '../host/client/utility-engine.ts';
import type { LiveStatus } from '../ipc/app/app-protocol.ts';
import type { Settings } from '../ipc/app/settings.ts';
import { callCore } from '../shell/call-core.ts';
import { appFolders, configFolder } from '../shell/folders.ts';
import { APP_ORIGIN, APP_SCHEME, serveAppFile } from './app-protocol.ts';
import { AppTray } from './app-tray.ts';
import { AppWindow } from './app-window.ts';
import { HIDDEN_FLAG, setAutostart } from './autostart.ts';
import { saveOwnFilesOnly } from './downloads.ts';
import { askingForMicrophone } from './microphone-permission.ts';
import { openedFiles } from './opened-files.ts';
import { quitOrderly } from './orderly-quit.ts';
import { denyNavigationEverywhere, denyPermissions, webPreferences } from './security.ts';
import { Shortcut } from './shortcut.ts';
import { Wakefulness } from './wakefulness.ts';
import { WindowLink } from './window-link.ts';

/** Electron's entry point: wires the tested parts to Electron. */

// Set by `npm run dev` only; a packaged app never loads anything from a server.
const devServerUrl = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL'];
const outFolder = path.resolve(import.meta.dirname, '..', '..');
/** Holds `models` and `resources`. */
const shippedFolder = app.isPackaged ? process.resourcesPath : app.getAppPath();
const folders = appFolders();

async function start(): Promise<void> {
  await app.whenReady();
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
  denyPermissions(session.defaultSession, devServerUrl);
  saveOwnFilesOnly(session.defaultSession, app.getPath('downloads'), devServerUrl);
  protocol.handle(APP_SCHEME, (request) => serveAppFile(path.join(outFolder, 'renderer'), request));

  const shortcut = new Shortcut(globalShortcut, () => void toggle());
  const wakefulness = new Wakefulness(powerSaveBlocker);
  const core: AppCore = await createApp({
    shell: 'electron',
    appVersion: app.getVersion(),
    dataFolder: folders.data,
    recordingsFolder: folders.recordings,
    modelsFolder: path.join(shippedFolder, 'models'),
    resourcesFolder: path.join(shippedFolder, 'resources'),
    launchEngine,
    can: { filePaths: true, autostart: true, shortcut: true, tray: true },
    reveal: (file) => Promise.resolve(shell.showItemInFolder(file)),
    trash: (file) => shell.trashItem(file),
    applySettings: (settings, previous) => applySettings(settings, previous, shortcut),
  });
  const asked = askingForMicrophone(core, systemPreferences, process.platform);
  let { settings, status } = await callCore(core, 'hello', null);

  const link = new WindowLink(ipcMain, asked, devServerUrl);
  const window = new AppWindow({
    create: (options) => createWindow(options, link),
    screens: () => {
      const first = screen.getPrimaryDisplay();
      const others = screen.getAllDisplays().filter(({ id }) => id !== first.id);
      return [first, ...others].map(({ workArea }) => workArea);
    },
    saved: () => settings.window,
    remember: (state) => {
      callCore(core, 'settings.change', { window: state }).catch(report);
    },
    hidesOnClose: () => settings.closeToTray,
  });
  const tray = new AppTray(
    {
      tray: new Tray(trayIcon('off')),
      buildMenu: (template) => Menu.buildFromTemplate(template),
      icons: { on: trayIcon('on'), off: trayIcon('off') },
    },
    { toggle: () => void toggle(), show: () => window.show(), quit: () => app.quit() },
  );
  const show = (next: LiveStatus): void => {
    status = next;
    tray.update(next);
    wakefulness.set(next.isOn);
  };
  show(status);
  core.onEvent((event) => {
    if (event.type === 'status') show(event.status);
    if (event.type === 'settings') settings = event.settings;
  }, false);

  async function toggle(): Promise<void> {
    try {
      await callCore(asked, status.isOn ? 'live.stop' : 'live.start', null);
    } catch (error) {
      report(error);
      window.show(); // it says there what is wrong
    }
  }

  // The engine notices by itself that the machine slept. What had failed before may work again.
  powerMonitor.on('resume', () => {
    if (status.isOn && status.state === 'failed') callCore(asked, 'live.start', null).catch(report);
  });
  powerMonitor.on('shutdown', () => app.quit());

  const openFiles = (files: readonly string[]): void => {
    if (files.length === 0) return;
    const { quantizer, codebooks, mix } = settings.files;
    const sources = files.map((file) => ({ path: file }));
    callCore(core, 'jobs.add', { sources, options: { quantizer, codebooks, mix } }).catch(report);
  };
  app.on('second-instance', (_event, argv, cwd) => {
    window.show();
    openFiles(openedFiles(argv, cwd));
  });
  app.on('open-file', (event, file) => {
    event.preventDefault();
    window.show();
    openFiles([file]);
  });
  app.on('activate', () => window.show());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  quitOrderly(app, async () => {
    window.quit();
    tray.destroy();
    globalShortcut.unregisterAll();
    await core.close();
  });

  const files = openedFiles(process.argv, process.cwd());
  const isHidden = settings.startMinimized || process.argv.includes(HIDDEN_FLAG);
  if (!isHidden || files.length > 0) window.show();
  openFiles(files);
}

function createWindow(options: BrowserWindowConstructorOptions, link: WindowLink): BrowserWindow {
  const window = new BrowserWindow({
    ...options,
    title: 'Residua',
    icon: path.join(shippedFolder, 'resources', 'icons', 'icon.png'),
    // Before the page has its own: nobody is to be dazzled in the dark.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#12161c' : '#ffffff',
    autoHideMenuBar: true,
    webPreferences: webPreferences(path.join(outFolder, 'preload', 'index.cjs')),
  });
  link.attach(window.webContents);
  window.loadURL(devServerUrl ?? `${APP_ORIGIN}/index.html`).catch((error: unknown) => {
    console.error('The window could not load its page:', error);
    app.exit(1);
  });
  return window;
}

function launchEngine() {
  return utilityEngine(
    utilityProcess.fork(fileURLToPath(ENGINE_ENTRY), [], {
      env: { ...process.env, ...ENGINE_ENVIRONMENT },
      serviceName: 'Residua engine',
      // Native libraries print to it.
      stdio: process.env['RESIDUA_DEBUG'] ? 'inherit' : 'ignore',
    }),
  );
}

async function applySettings(
  settings: Settings,
  previous: Settings | undefined,
  shortcut: Shortcut,
): Promise<void> {
  nativeTheme.themeSource = settings.theme;
  // Not at the first start, when nobody has asked for anything: it may write into the person's system.
  if (previous !== undefined && settings.autostart !== previous.autostart) {
    await setAutostart(settings.autostart, {
      app,
      platform: process.platform,
      program: process.env['APPIMAGE'] ?? process.execPath,
      args: [...(app.isPackaged ? [] : [app.getAppPath()]), HIDDEN_FLAG],
      configFolder: configFolder(process.env, homedir()),
    });
  }
  shortcut.set(settings.shortcut);
}

function trayIcon(state: 'on' | 'off') {
  // macOS colours a template image itself.
  const name = process.platform === 'darwin' ? `tray-${state}-Template.png` : `tray-${state}.png`;
  return nativeImage.createFromPath(path.join(shippedFolder, 'resources', 'icons', name));
}

function report(error: unknown): void {
  console.error(error);
}

// All of this must happen before the app is ready. Chromium's own files stay apart from the app's.
app.setPath('userData', path.join(folders.data, 'window'));
app.enableSandbox();
// Global shortcuts under Wayland go through the desktop's portal.
if (process.platform === 'linux')
  app.commandLine.appendSwitch('enable-features', 'GlobalShortcutsPortal');
protocol.registerSchemesAsPrivileged([
  { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);
denyNavigationEverywhere(app, devServerUrl);

if (app.requestSingleInstanceLock()) {
  start().catch((error: unknown) => {
    console.error('Residua could not start:', error);
    app.exit(1);
  });
} else {
  app.quit();
}
