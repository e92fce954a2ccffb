import { useApp, useControls } from '../store/session.tsx';
import { livePhase, type LivePhase } from './live-phase.ts';

/** What the big control says now. */
export function usePhase(): LivePhase {
  const controls = useControls();
  return useApp(({ status, connection }) =>
    status === null ? 'unknown' : livePhase(status, controls, connection === 'open'),
  );
}
