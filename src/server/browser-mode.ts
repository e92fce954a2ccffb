import { createApp } from '../app/create-app.ts';
import { forkEngine } from '../host/client/fork-engine.ts';
import { appFolders, type AppFolders } from '../shell/folders.ts';
import { Desktop } from './desktop.ts';
import { startPageServer, type PageServerOptions } from './page-server.ts';

export interface BrowserModeOptions {
  readonly appVersion: string;
  /** The models that ship with the app. */
  readonly modelsFolder: string;
  readonly resourcesFolder: string;
  readonly page: PageServerOptions['page'];
  readonly port?: number | undefined;
  /** Opens the page in the person's browser. */
  readonly opensPage: boolean;
  /** One line for the person at the terminal. */
  readonly say: (line: string) => void;
  /** Default: the system's own. */
  readonly folders?: AppFolders;
  readonly desktop?: Desktop;
}

export interface BrowserMode {
  readonly url: string;
  /** Whether the person's browser shows the page. */
  readonly isOpened: boolean;
  /** Ends sound, recording and page; the virtual microphone is gone then. */
  close(): Promise<void>;
}

/** Runs the whole app behind a page of the person's browser. @throws ResiduaError `PORT_TAKEN` */
export async function startBrowserMode(options: BrowserModeOptions): Promise<BrowserMode> {
  const { say, desktop = new Desktop() } = options;
  const folders = options.folders ?? appFolders();
  const core = await createApp({
    shell: 'browser',
    appVersion: options.appVersion,
    dataFolder: folders.data,
    recordingsFolder: folders.recordings,
    modelsFolder: options.modelsFolder,
    resourcesFolder: options.resourcesFolder,
    launchEngine: () => forkEngine(),
    can: { filePaths: false, autostart: false, shortcut: false, tray: false },
    ...(desktop.isThere ? { reveal: (file: string) => desktop.reveal(file) } : {}),
  });
  let isOn = false;
  core.onEvent((event) => {
    if (event.type === 'status') isOn = event.status.isOn;
  }, false);
  try {
    const server = await startPageServer({
      core,
      page: options.page,
      port: options.port,
      onPages: (pages) => {
        if (pages === 0 && isOn)
          say('The page is closed; your voice goes on being cleaned. Ctrl-C ends it.');
      },
    });
    const isOpened = options.opensPage && (await desktop.openPage(server.url));
    return {
      url: server.url,
      isOpened,
      async close() {
        // The page first: it would take the end of the engine for a crash.
        await server.close();
        await core.close();
      },
    };
  } catch (error) {
    await core.close();
    throw error;
  }
}
