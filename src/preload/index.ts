import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import type { ResiduaBridge } from '../ipc/app/app-protocol.ts';
import { bridgeChannels } from '../ipc/app/bridge.ts';

/** The only door between the page and the app: the contract's messages, and the path of a dropped file. */
const bridge: ResiduaBridge = {
  send: (request) => ipcRenderer.send(bridgeChannels.request, request),
  onMessage: (listener) => {
    // The event is Electron's own and holds the way to every other channel.
    const receive = (_event: IpcRendererEvent, message: unknown): void => listener(message);
    ipcRenderer.on(bridgeChannels.message, receive);
    return () => void ipcRenderer.off(bridgeChannels.message, receive);
  },
  pathOf: (file) => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld('residua', bridge);
