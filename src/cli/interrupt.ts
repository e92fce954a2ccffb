/** Commands that end by Ctrl-C in an orderly way say so here; the others are simply ended. */

let graceful: (() => void) | undefined;

/**
 * @param handler asks the command to end; called once, a second signal ends the process
 * @returns removes the handler
 */
export function onInterrupt(handler: () => void): () => void {
  graceful = handler;
  return () => {
    if (graceful === handler) graceful = undefined;
  };
}

/** For the signal handlers. @returns false when nobody wanted to end in an orderly way */
export function requestEnd(): boolean {
  const handler = graceful;
  graceful = undefined;
  handler?.();
  return handler !== undefined;
}
