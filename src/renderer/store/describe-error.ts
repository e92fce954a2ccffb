import type { Problem } from '../../ipc/messages.ts';

/** @returns anything that was thrown as a problem: errors of the app keep code and hint */
export function describeError(error: unknown): Problem {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error) };
  const { code, hint } = error as { readonly code?: unknown; readonly hint?: unknown };
  return {
    code: typeof code === 'string' ? code : 'INTERNAL',
    message: error.message,
    ...(typeof hint === 'string' ? { hint } : {}),
  };
}
