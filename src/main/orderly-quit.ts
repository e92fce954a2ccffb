import type { App } from 'electron';

/** Longest that ending may take, ms: the engine's own limit and some more. */
const PATIENCE_MS = 6000;

/**
 * Has the app end only after sound, recording and settings are put in order, whichever way it was told to.
 * @param end puts them in order
 */
export function quitOrderly(app: Pick<App, 'on' | 'exit'>, end: () => Promise<void>): void {
  let isEnding = false;
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (isEnding) return;
    isEnding = true;
    const leave = (): void => app.exit(0);
    setTimeout(leave, PATIENCE_MS).unref();
    end().then(leave, (error: unknown) => {
      console.error('Ending failed:', error);
      app.exit(1);
    });
  });
}
