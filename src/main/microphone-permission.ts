import type { SystemPreferences } from 'electron';
import { ResiduaError } from '../common/errors.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import { toEngineProblem } from '../ipc/engine-protocol.ts';
import type { Core } from '../shell/page-session.ts';

type Media = Pick<SystemPreferences, 'getMediaAccessStatus' | 'askForMediaAccess'>;

/** What opens the microphone. */
const LISTENING = new Set<unknown>(['live.start', 'live.revive', 'live.selfTest']);

/**
 * A core that has the person asked for the microphone before it is opened for the first time. macOS gives silence to a
 * program that has not asked.
 */
export function askingForMicrophone(core: Core, media: Media, platform: NodeJS.Platform): Core {
  if (platform !== 'darwin') return core;
  return {
    onEvent: (listener) => core.onEvent(listener),
    async handle(request) {
      const { command, id } = Object(request) as { command?: unknown; id?: unknown };
      if (!LISTENING.has(command) || (await isAllowed(media))) return core.handle(request);
      const problem = new ResiduaError(
        'MICROPHONE_DENIED',
        'Residua is not allowed to use the microphone',
        { hint: 'Allow it in System Settings → Privacy & Security → Microphone, then try again.' },
      );
      return {
        ipc: IPC_VERSION,
        type: 'failed',
        id: Number.isSafeInteger(id) ? (id as number) : -1,
        problem: toEngineProblem(problem),
      };
    },
  };
}

function isAllowed(media: Media): Promise<boolean> | boolean {
  const status = media.getMediaAccessStatus('microphone');
  // Only where nobody has decided yet does macOS show its question.
  return status === 'not-determined' ? media.askForMediaAccess('microphone') : status === 'granted';
}
