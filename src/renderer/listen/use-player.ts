import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { RangePlayer, type Alternative, type PlayerState } from './range-player.ts';

const CLOSED: PlayerState = {
  status: 'loading',
  seconds: 0,
  heard: null,
  ready: [],
  loop: null,
  error: null,
};
const noSubscription = (): (() => void) => () => {};

/**
 * A player for as long as the component is shown. An alternative is known by its key: its source is read once.
 * @param alternatives may grow, shrink and change in loudness; keep the array between renders where nothing changed
 * @returns the player, `null` before the first effect has run, and its state
 */
export function usePlayer(alternatives: readonly Alternative[]): {
  readonly player: RangePlayer | null;
  readonly state: PlayerState;
  /** Begins anew, after a failure. */
  readonly retry: () => void;
} {
  const [turn, setTurn] = useState(0);
  const [player, setPlayer] = useState<RangePlayer | null>(null);
  const known = useRef(new Set<string>());
  useEffect(() => {
    const made = new RangePlayer();
    known.current = new Set();
    setPlayer(made);
    return () => made.dispose();
  }, [turn]);
  const retry = useCallback(() => setTurn((count) => count + 1), []);
  useEffect(() => {
    if (player === null) return;
    const keys = new Set(alternatives.map(({ key }) => key));
    for (const key of known.current) {
      if (keys.has(key)) continue;
      known.current.delete(key);
      player.remove(key);
    }
    for (const alternative of alternatives) {
      if (known.current.has(alternative.key)) {
        player.setGain(alternative.key, alternative.gain ?? 1);
      } else {
        known.current.add(alternative.key);
        // What fails is in the player's state.
        player.add(alternative).catch(() => {});
      }
    }
  }, [player, alternatives]);
  const state = useSyncExternalStore(
    player === null ? noSubscription : player.subscribe,
    () => player?.state ?? CLOSED,
  );
  return { player, state, retry };
}
