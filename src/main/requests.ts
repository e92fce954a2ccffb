import type { IpcMain } from 'electron';
import { ResiduaError } from '../common/errors.ts';
import { channels } from '../ipc/api.ts';
import { reply } from '../ipc/envelope.ts';
import type { Overview } from '../ipc/messages.ts';
import { isOwnPage } from './security.ts';

export interface RequestHandlers {
  overview(): Promise<Overview>;
}

/**
 * Answers the window's requests. Only the top frame of one of the app's own pages is answered, and
 * requests carry no arguments yet, so any are refused.
 */
export function answerRequests(
  ipcMain: Pick<IpcMain, 'handle'>,
  handlers: RequestHandlers,
  devServerUrl?: string,
): void {
  ipcMain.handle(channels.overview, (event, ...args: unknown[]) =>
    reply(() => {
      const frame = event.senderFrame;
      if (frame === null || frame.parent !== null || !isOwnPage(frame.url, devServerUrl)) {
        throw new ResiduaError('IPC_SENDER', 'The request did not come from the app window.');
      }
      if (args.length > 0) {
        throw new ResiduaError('IPC_INVALID', 'The request carries unexpected arguments.');
      }
      return handlers.overview();
    }),
  );
}
