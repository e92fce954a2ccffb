import { useEffect, useRef } from 'react';
import { frames, type Draw } from './frame-loop.ts';
import { onTheme, readColors } from './theme.ts';

export interface Frame<N extends string> {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels; the context is scaled for the screen. */
  readonly width: number;
  readonly height: number;
  readonly colors: Record<N, string>;
  /** `performance.now` of this frame. */
  readonly nowMs: number;
  /** Device pixels per CSS pixel. */
  readonly scale: number;
}

export interface CanvasProps<N extends string> {
  /** What it shows, for who cannot see it; left out for mere decoration. */
  readonly label?: string;
  readonly className?: string;
  /** Tokens of the theme it draws with. */
  readonly colors: readonly N[];
  /**
   * Draws on a cleared canvas. @returns whether to draw again at the next frame; otherwise it is drawn again when
   * its size, the theme or `draw` itself changes
   */
  readonly draw: (frame: Frame<N>) => boolean;
  /** Called when it should start to draw again: returns what stops the calls. */
  readonly wake?: (draw: () => void) => () => void;
}

/**
 * A canvas that draws itself outside React, at most once per frame of the screen and not while it is out of sight.
 */
export function Canvas<N extends string>({ label, className, colors, draw, wake }: CanvasProps<N>) {
  const ref = useRef<HTMLCanvasElement>(null);
  const current = useRef(draw);
  const redraw = useRef<() => void>(() => {});
  useEffect(() => {
    current.current = draw;
    redraw.current();
  }, [draw]);

  useEffect(() => {
    const canvas = ref.current!;
    const context = canvas.getContext('2d');
    if (context === null) return;
    let palette = readColors(canvas, colors);
    let size = { width: 0, height: 0, scale: 1 };
    let isSeen = true;

    const frame: Draw = (nowMs) => {
      const { width, height, scale } = size;
      if (!isSeen || width === 0 || height === 0) return false;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      return current.current({ context, width, height, colors: palette, nowMs, scale });
    };
    const schedule = (): void => frames.request(frame);
    redraw.current = schedule;

    const resized = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      const scale = window.devicePixelRatio || 1;
      size = { width, height, scale };
      canvas.width = Math.max(1, Math.round(width * scale));
      canvas.height = Math.max(1, Math.round(height * scale));
      schedule();
    });
    resized.observe(canvas);
    const seen = new IntersectionObserver((entries) => {
      isSeen = entries.at(-1)!.isIntersecting;
      if (isSeen) schedule();
    });
    seen.observe(canvas);
    const stopTheme = onTheme(() => {
      palette = readColors(canvas, colors);
      schedule();
    });
    const stopWake = wake?.(schedule);
    return () => {
      frames.cancel(frame);
      resized.disconnect();
      seen.disconnect();
      stopTheme();
      stopWake?.();
      redraw.current = () => {};
    };
  }, [colors, wake]);

  return (
    <canvas
      ref={ref}
      className={className}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    />
  );
}
