import { describeError, ResiduaError } from '../common/errors.ts';

/** An error as it stands in a JSON document on stdout. */
export function errorJson(error: unknown): { code: string; message: string; hint?: string } {
  if (!(error instanceof ResiduaError)) return { code: 'INTERNAL', message: describeError(error) };
  const { code, message, hint } = error;
  return hint === undefined ? { code, message } : { code, message, hint };
}
