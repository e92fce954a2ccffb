import { useEffect, useMemo, useRef } from 'react';
import type { Clip } from '../../ipc/app/compare.ts';
import type { Alternative, PlayerState, RangePlayer } from '../listen/range-player.ts';
import { mediaSource } from '../listen/sound-source.ts';
import { usePlayer } from '../listen/use-player.ts';
import { useClient } from '../store/session.tsx';
import { useCompareModel } from './use-versions.ts';

export interface ClipPlayer {
  readonly player: RangePlayer | null;
  readonly state: PlayerState;
  readonly retry: () => void;
}

/**
 * A player of all versions of the clip that are there.
 * @param isMatched equally loud, otherwise as they come out
 * @param extra further alternatives, e.g. an anchor
 */
export function useClipPlayer(
  clip: Clip,
  isMatched: boolean,
  extra: readonly Alternative[] = NO_EXTRA,
): ClipPlayer {
  const client = useClient();
  const model = useCompareModel();
  const alternatives = useMemo(
    () => [
      ...clip.variants.map(({ key, gain }) => ({
        key,
        source: mediaSource(client, { kind: 'clip', id: clip.id, variant: key }),
        gain: isMatched ? gain : 1,
      })),
      ...extra,
    ],
    [client, clip, isMatched, extra],
  );
  const { player, state, retry } = usePlayer(alternatives);
  const isRestored = useRef(false);
  const { seconds, loop } = state;
  useEffect(() => {
    if (player === null || seconds === 0) return;
    if (!isRestored.current) {
      isRestored.current = true;
      // A clip is made to be heard over and over.
      player.setLoop(model.state.getState().loop ?? { start: 0, end: seconds });
      return;
    }
    model.setLoop(loop);
  }, [player, seconds, loop, model]);
  return { player, state, retry };
}

const NO_EXTRA: readonly Alternative[] = [];
