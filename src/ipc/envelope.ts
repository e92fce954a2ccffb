import * as z from 'zod';
import { ResiduaError } from '../common/errors.ts';
import { fromProblem, toProblem } from '../common/problem.ts';
import { problemSchema, type Problem } from './messages.ts';
import { IPC_VERSION } from './version.ts';

/**
 * Every reply travels in an envelope that names the contract's version and holds either the value or
 * the problem: thrown errors lose their code and hint on the way between processes.
 */
export type Envelope<T> =
  | { readonly ipc: number; readonly ok: true; readonly value: T }
  | { readonly ipc: number; readonly ok: false; readonly problem: Problem };

/** Runs `work` and wraps what it returns or throws. Never rejects. */
export async function reply<T>(work: () => T | Promise<T>): Promise<Envelope<T>> {
  try {
    return { ipc: IPC_VERSION, ok: true, value: await work() };
  } catch (error) {
    return { ipc: IPC_VERSION, ok: false, problem: toProblem(error) };
  }
}

const header = z.looseObject({ ipc: z.int(), ok: z.boolean() });

/**
 * Opens a reply.
 * @param schema what the value must be
 * @throws ResiduaError with the sender's code when the work failed, `IPC_VERSION` when the sender
 *   speaks another version, `IPC_INVALID` when the reply is not what the contract says
 */
export function openReply<T>(received: unknown, schema: z.ZodType<T>): T {
  const opened = header.safeParse(received);
  if (!opened.success) throw invalid(opened.error);
  if (opened.data.ipc !== IPC_VERSION) {
    throw new ResiduaError(
      'IPC_VERSION',
      `The window speaks version ${IPC_VERSION} of the app's protocol, the reply came in version ${opened.data.ipc}.`,
      { hint: 'Restart Residua so that both halves are from the same installation.' },
    );
  }
  if (!opened.data.ok) {
    const problem = problemSchema.safeParse(opened.data['problem']);
    if (!problem.success) throw invalid(problem.error);
    throw fromProblem(problem.data);
  }
  const value = schema.safeParse(opened.data['value']);
  if (!value.success) throw invalid(value.error);
  return value.data;
}

function invalid(error: z.ZodError): ResiduaError {
  const [issue] = error.issues;
  const where = issue?.path.join('.') || 'reply';
  return new ResiduaError('IPC_INVALID', `The app sent an unexpected ${where}: ${issue?.message}`, {
    cause: error,
    hint: 'This is a bug in Residua: please report it.',
  });
}
