import type { AppArgument, AppCommand, AppResult } from '../ipc/app/app-protocol.ts';
import { fromEngineProblem } from '../ipc/engine-protocol.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import type { Core } from './page-session.ts';

/**
 * Gives a command as the window does: for the shell's own switch, shortcut and window.
 * @throws ResiduaError what the command failed with
 */
export async function callCore<C extends AppCommand>(
  core: Pick<Core, 'handle'>,
  command: C,
  argument: AppArgument<C>,
): Promise<AppResult<C>> {
  const answer = await core.handle({ ipc: IPC_VERSION, id: 0, command, argument });
  if (answer.type === 'failed') throw fromEngineProblem(answer.problem);
  if (answer.type !== 'done') throw new TypeError(`'${command}' was answered with an event`);
  return answer.result as AppResult<C>;
}
