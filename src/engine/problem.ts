import { ResiduaError } from '../common/errors.ts';
import type { LiveProblem } from './contract.ts';

/** Anything that was thrown, as plain data. */
export function toProblem(error: unknown): LiveProblem {
  if (error instanceof ResiduaError) {
    const { code, message, hint } = error;
    return hint === undefined ? { code, message } : { code, message, hint };
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

/** The way back. */
export function fromProblem({ code, message, hint }: LiveProblem): ResiduaError {
  return new ResiduaError(code, message, hint === undefined ? {} : { hint });
}
