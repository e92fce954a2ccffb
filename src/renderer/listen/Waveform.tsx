import { useCallback, useEffect, useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Canvas, type Frame } from '../ui/Canvas.tsx';
import { classes } from '../ui/classes.ts';
import { formatPlace } from './format-place.ts';
import type { PlayerState, RangePlayer } from './range-player.ts';
import type { Fetched } from './use-media.ts';
import { paintWaveform, WAVE_COLORS, type WaveColor } from './waveform-painter.ts';

export interface WaveformProps {
  /** What it is of, for who cannot see it. */
  readonly label: string;
  readonly peaks: Fetched<readonly number[]>;
  readonly player: RangePlayer | null;
  readonly state: PlayerState;
  /** Dragging marks a region to repeat; otherwise it moves the place. */
  readonly hasLoop?: boolean;
  readonly className?: string;
}

/** Moves of the arrow keys and of page up and down, as a share of the length. */
const STEP = 0.02;
const LEAP = 0.1;
/** A press that moves less than this is a click. */
const DRAG_PX = 4;

/** The whole sound, where it is played, and the region that repeats. A slider for the keyboard. */
export function Waveform(props: WaveformProps) {
  const { label, peaks, player, state, hasLoop = false, className } = props;
  const { t } = useTranslation();
  const { seconds, loop } = state;
  const ref = useRef<HTMLDivElement>(null);
  const pressed = useRef<{ readonly x: number; isDragged: boolean } | null>(null);

  const draw = useCallback(
    ({ context, width, height, colors }: Frame<WaveColor>) => {
      const length = state.seconds || 1;
      paintWaveform(context, {
        width,
        height,
        colors,
        peaks: peaks ?? [],
        place: state.seconds > 0 && player !== null ? player.position() / length : null,
        loop:
          state.loop === null
            ? null
            : { start: state.loop.start / length, end: state.loop.end / length },
      });
      return state.status === 'playing' || state.status === 'waiting';
    },
    [peaks, player, state],
  );

  // The place as text, for who asks; it changes silently, or a screen reader would never stop.
  const tell = useCallback(() => {
    const now = player?.position() ?? 0;
    ref.current?.setAttribute('aria-valuenow', now.toFixed(1));
    ref.current?.setAttribute(
      'aria-valuetext',
      t('listen.placeOf', { place: formatPlace(now), length: formatPlace(seconds) }),
    );
  }, [player, seconds, t]);
  useEffect(tell, [tell, state]);

  const shareAt = (clientX: number): number => {
    const { left, width } = ref.current!.getBoundingClientRect();
    return Math.max(0, Math.min(1, (clientX - left) / width));
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0 || seconds === 0) return;
    ref.current!.setPointerCapture(event.pointerId);
    pressed.current = { x: event.clientX, isDragged: false };
    if (!hasLoop) player?.seek(shareAt(event.clientX) * seconds);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    const press = pressed.current;
    if (press === null) return;
    if (Math.abs(event.clientX - press.x) > DRAG_PX) press.isDragged = true;
    if (!press.isDragged) return;
    const [from, to] = [shareAt(press.x), shareAt(event.clientX)].sort((a, b) => a - b);
    if (hasLoop) player?.setLoop({ start: from! * seconds, end: to! * seconds });
    else player?.seek(shareAt(event.clientX) * seconds);
  };
  const onPointerUp = (event: PointerEvent<HTMLDivElement>): void => {
    const press = pressed.current;
    pressed.current = null;
    if (press === null || !hasLoop) return;
    if (!press.isDragged) player?.seek(shareAt(event.clientX) * seconds);
    else if (player !== null && player.state.loop !== null) player.seek(player.state.loop.start);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (player === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const now = player.position();
    const places: Record<string, number> = {
      ArrowLeft: now - STEP * seconds,
      ArrowDown: now - STEP * seconds,
      ArrowRight: now + STEP * seconds,
      ArrowUp: now + STEP * seconds,
      PageDown: now - LEAP * seconds,
      PageUp: now + LEAP * seconds,
      Home: 0,
      End: seconds,
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    player.seek(place);
    tell();
  };
  const isEmpty = peaks === null || peaks === undefined;
  return (
    <div className={classes('wave', isEmpty && 'is-empty', className)}>
      <div
        ref={ref}
        className="wave__area"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Number(seconds.toFixed(1))}
        aria-valuenow={0}
        onFocus={tell}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => (pressed.current = null)}
        onKeyDown={onKeyDown}
      >
        <Canvas colors={WAVE_COLORS} draw={draw} />
      </div>
      {hasLoop && loop !== null && player !== null && (
        <>
          <LoopEdge edge="start" player={player} state={state} />
          <LoopEdge edge="end" player={player} state={state} />
        </>
      )}
    </div>
  );
}

interface LoopEdgeProps {
  readonly edge: 'start' | 'end';
  readonly player: RangePlayer;
  readonly state: PlayerState;
}

/** One end of the region that repeats: dragged, or moved with the arrow keys. */
function LoopEdge({ edge, player, state }: LoopEdgeProps) {
  const { t } = useTranslation();
  const loop = state.loop!;
  const { seconds } = state;
  const move = (place: number): void => {
    // Edges do not pass each other: a region that is too short is refused.
    const next = { ...loop, [edge]: Math.max(0, Math.min(seconds, place)) };
    if (next.start < next.end) player.setLoop(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 0.01 : 0.1;
    const moves: Record<string, number> = {
      ArrowLeft: loop[edge] - step,
      ArrowDown: loop[edge] - step,
      ArrowRight: loop[edge] + step,
      ArrowUp: loop[edge] + step,
      PageDown: loop[edge] - 1,
      PageUp: loop[edge] + 1,
    };
    const place = moves[event.key];
    if (place === undefined) return;
    event.preventDefault();
    move(place);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const area = event.currentTarget.parentElement!.getBoundingClientRect();
    move(((event.clientX - area.left) / area.width) * seconds);
  };
  return (
    <div
      className={classes('wave__edge', `wave__edge--${edge}`)}
      style={{ left: `${(loop[edge] / seconds) * 100}%` }}
      role="slider"
      tabIndex={0}
      aria-label={edge === 'start' ? t('listen.loopStart') : t('listen.loopEnd')}
      aria-valuemin={0}
      aria-valuemax={Number(seconds.toFixed(1))}
      aria-valuenow={Number(loop[edge].toFixed(2))}
      aria-valuetext={formatPlace(loop[edge])}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
    >
      <i />
    </div>
  );
}
