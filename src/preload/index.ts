import { contextBridge, ipcRenderer } from 'electron';
import { channels, type ResiduaBridge } from '../ipc/api.ts';

/** The only door between the page and the app: named requests, nothing generic. */
const bridge: ResiduaBridge = {
  overview: () => ipcRenderer.invoke(channels.overview),
};

contextBridge.exposeInMainWorld('residua', bridge);
