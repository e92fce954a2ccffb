import { LoaderCircle, Pause, Play, Repeat } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button.tsx';
import { formatPlace } from './format-place.ts';
import type { PlayerState, RangePlayer } from './range-player.ts';

export interface TransportProps {
  readonly player: RangePlayer | null;
  readonly state: PlayerState;
  readonly hasLoop?: boolean;
  /** Takes the keyboard as soon as it can play: it has just been opened to be heard. */
  readonly takesFocus?: boolean;
  /** Further controls, at the right. */
  readonly children?: ReactNode;
}

/** Play, place, and what repeats. */
export function Transport(props: TransportProps) {
  const { player, state, hasLoop = false, takesFocus = false, children } = props;
  const { t } = useTranslation();
  const { status, loop, seconds } = state;
  const isOn = status === 'playing' || status === 'waiting';
  const isUsable = player !== null && seconds > 0 && status !== 'failed' && status !== 'disposed';
  const play = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (takesFocus && isUsable) play.current?.focus({ preventScroll: true });
  }, [takesFocus, isUsable]);
  return (
    <div className="transport">
      <Button
        ref={play}
        variant="primary"
        className="transport__play"
        disabled={!isUsable}
        icon={
          status === 'waiting' ? (
            <LoaderCircle size={16} className="spin" aria-hidden="true" />
          ) : isOn ? (
            <Pause size={16} aria-hidden="true" />
          ) : (
            <Play size={16} aria-hidden="true" />
          )
        }
        onClick={() => player?.toggle()}
      >
        {isOn ? t('listen.pause') : t('listen.play')}
      </Button>
      <Place player={player} state={state} />
      {hasLoop && (
        <Button
          variant="quiet"
          icon={<Repeat size={15} aria-hidden="true" />}
          pressed={loop !== null}
          disabled={!isUsable}
          onClick={() => player?.setLoop(loop === null ? { start: 0, end: seconds } : null)}
        >
          {loop === null || (loop.start === 0 && loop.end >= seconds - 0.05)
            ? t('listen.loop')
            : t('listen.loopRegion', {
                start: formatPlace(loop.start),
                end: formatPlace(loop.end),
              })}
        </Button>
      )}
      {children !== undefined && <div className="transport__more">{children}</div>}
    </div>
  );
}

/** Written straight into the page, many times a second. */
function Place({ player, state }: { player: RangePlayer | null; state: PlayerState }) {
  const ref = useRef<HTMLSpanElement>(null);
  const isMoving = state.status === 'playing' || state.status === 'waiting';
  useEffect(() => {
    let request = 0;
    const show = (): void => {
      ref.current!.textContent = formatPlace(player?.position() ?? 0);
      if (isMoving) request = requestAnimationFrame(show);
    };
    show();
    return () => cancelAnimationFrame(request);
  }, [player, state, isMoving]);
  return (
    <span className="transport__place number" aria-hidden="true">
      <span ref={ref} /> / {formatPlace(state.seconds)}
    </span>
  );
}
