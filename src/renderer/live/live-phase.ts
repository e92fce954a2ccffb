import type { LiveStatus } from '../../ipc/app/app-protocol.ts';
import type { LiveControls } from '../../ipc/live.ts';

/** What the big control says. Each has its own word, shape and colour. */
export type LivePhase =
  | 'off'
  | 'starting'
  | 'on'
  | 'bypass'
  | 'muted'
  | 'recovering'
  | 'failed'
  | 'loading'
  | 'restarting'
  | 'closed'
  | 'unknown';

/**
 * @param isConnected whether the app can be heard; what it said last says nothing of now
 * @returns what is going on; what the person wants counts where the engine has not followed yet
 */
export function livePhase(
  status: LiveStatus,
  controls: LiveControls | null,
  isConnected = true,
): LivePhase {
  if (!isConnected) return 'unknown';
  if (status.engine === 'closed') return 'closed';
  if (status.engine === 'restarting') return 'restarting';
  if (status.engine === 'starting') return status.isOn ? 'starting' : 'loading';
  if (!status.isOn) return 'off';
  switch (status.state) {
    case 'running':
      if (controls?.mute) return 'muted';
      return controls?.bypass ? 'bypass' : 'on';
    case 'recovering':
      return 'recovering';
    case 'failed':
      return 'failed';
    default:
      return 'starting';
  }
}

/** Whether sound passes. */
export const isPassing = (phase: LivePhase): boolean =>
  phase === 'on' || phase === 'bypass' || phase === 'muted';
