import type { IpcMain, IpcMainEvent, WebContents } from 'electron';
import { bridgeChannels } from '../ipc/app/bridge.ts';
import { PageSession, type Core } from '../shell/page-session.ts';
import { isOwnPage } from './security.ts';

/** What is used of a window's page. */
export type PageContents = Pick<WebContents, 'id' | 'isDestroyed' | 'send' | 'on' | 'mainFrame'>;

/**
 * Carries the contract's messages between the window's page and the core. Only the top frame of one of the app's
 * own pages, in the window itself, is heard; the core parses whatever it says.
 */
export class WindowLink {
  readonly #core: Core;
  readonly #devServerUrl: string | undefined;
  #contents: PageContents | undefined;
  #session: PageSession | undefined;

  /** @param devServerUrl as in `isOwnPage` */
  constructor(ipcMain: Pick<IpcMain, 'on'>, core: Core, devServerUrl?: string) {
    this.#core = core;
    this.#devServerUrl = devServerUrl;
    ipcMain.on(bridgeChannels.request, (event: IpcMainEvent, ...args: unknown[]) =>
      this.#receive(event, args),
    );
  }

  /** From now on messages go between this page and the core. */
  attach(contents: PageContents): void {
    this.#contents = contents;
    this.#begin();
    // A page that is loaded anew, or whose process has died, begins with `hello` again.
    contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) this.#begin();
    });
    contents.on('render-process-gone', () => this.#begin());
    contents.on('destroyed', () => {
      if (this.#contents !== contents) return;
      this.#session?.end();
      this.#session = this.#contents = undefined;
    });
  }

  #begin(): void {
    const contents = this.#contents;
    this.#session?.end();
    if (contents === undefined) return;
    this.#session = new PageSession(this.#core, (message) => {
      if (this.#contents === contents && !contents.isDestroyed()) {
        contents.send(bridgeChannels.message, message);
      }
    });
  }

  #receive(event: IpcMainEvent, args: readonly unknown[]): void {
    if (this.#session === undefined || !this.#isOwn(event)) return;
    // There is no socket to close: what is too much is answered so, and goes no further.
    if (!this.#session.admits()) return;
    // More than one argument is not of the contract, as is none.
    const request = args.length === 1 ? args[0] : undefined;
    void this.#session.receive(request);
  }

  #isOwn({ sender, senderFrame }: IpcMainEvent): boolean {
    return (
      sender.id === this.#contents?.id &&
      senderFrame !== null &&
      senderFrame.parent === null &&
      isOwnPage(senderFrame.url, this.#devServerUrl)
    );
  }
}
