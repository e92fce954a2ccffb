/**
 * What the preload script offers the window as `window.residua`. Replies are `unknown` on purpose: the
 * window opens them with `openReply`, so that nothing is trusted unchecked.
 */
export interface ResiduaBridge {
  /** @returns an `Envelope<Overview>` */
  overview(): Promise<unknown>;
}

/** Name of each request on the wire. */
export const channels = {
  overview: 'residua:overview',
} as const;
