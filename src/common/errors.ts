/**
 * Errors that a person can act on. `message` says what happened, `hint` what to do next, each in one
 * line; `code` is stable and meant for programs.
 */

export interface ResiduaErrorOptions {
  /** What to do next, one line. */
  readonly hint?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** The work failed: exit status 1. */
export class ResiduaError extends Error {
  override name: string = 'ResiduaError';
  /** Stable, upper case, e.g. `MODEL_NOT_FOUND`. */
  readonly code: string;
  readonly hint: string | undefined;
  /** Process exit status of a command that ends with this error. */
  readonly exitCode: 1 | 2 = 1;

  constructor(code: string, message: string, options: ResiduaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The caller asked for something that makes no sense: exit status 2. */
export class UsageError extends ResiduaError {
  override name: string = 'UsageError';
  override readonly exitCode = 2;

  constructor(message: string, options: ResiduaErrorOptions & { readonly code?: string } = {}) {
    super(options.code ?? 'USAGE', message, options);
  }
}

/** @returns the text of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @returns the one line shown to a person for anything that was thrown. */
export function describeError(error: unknown): string {
  const message = errorMessage(error);
  const hint = error instanceof ResiduaError ? error.hint : undefined;
  const line = message.replaceAll(/\s*\n\s*/g, ' ').trim() || 'unknown error';
  return hint === undefined ? line : `${line.replace(/[.\s]+$/, '')}. ${hint}`;
}

/** @returns the exit status for anything that was thrown: 2 for wrong usage, otherwise 1. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof ResiduaError ? error.exitCode : 1;
}
