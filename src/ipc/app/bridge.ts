/** Names of the desktop app's two messages: one channel each way. */
export const bridgeChannels = {
  /** Window → app: an `AppRequest`. */
  request: 'residua:request',
  /** App → window: an `AppMessage`. */
  message: 'residua:message',
} as const;
