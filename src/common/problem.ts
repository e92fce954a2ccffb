/** Errors as plain data, for messages between threads and processes: thrown ones lose code and hint on the way. */
import { errorMessage, ResiduaError } from './errors.ts';

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Describes anything that was thrown. Stack traces and causes stay where it failed. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ResiduaError) {
    const { code, message, hint } = error;
    return hint === undefined ? { code, message } : { code, message, hint };
  }
  return { code: 'INTERNAL', message: errorMessage(error) };
}

/** The way back. */
export function fromProblem(problem: {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}): ResiduaError {
  const { code, message, hint } = problem;
  return new ResiduaError(code, message, hint === undefined ? {} : { hint });
}
