import { useEffect, useRef } from 'react';

/** Called once per frame of the screen. @returns whether to be called at the next one too */
export type Draw = (nowMs: number) => boolean;

/** For people who want less motion: five pictures a second. */
const CALM_PAUSE_MS = 200;

/** One request per frame for everything that moves. */
class FrameLoop {
  readonly #wanted = new Set<Draw>();
  #isRequested = false;
  #drawnAtMs = 0;

  request(draw: Draw): void {
    this.#wanted.add(draw);
    if (this.#isRequested) return;
    this.#isRequested = true;
    requestAnimationFrame(this.#frame);
  }

  cancel(draw: Draw): void {
    this.#wanted.delete(draw);
  }

  readonly #frame = (nowMs: number): void => {
    this.#isRequested = false;
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const early = isCalm ? CALM_PAUSE_MS - (nowMs - this.#drawnAtMs) : 0;
    if (early > 0) {
      this.#isRequested = true;
      setTimeout(() => requestAnimationFrame(this.#frame), early);
      return;
    }
    this.#drawnAtMs = nowMs;
    for (const draw of [...this.#wanted]) {
      this.#wanted.delete(draw);
      if (draw(nowMs)) this.request(draw);
    }
  };
}

export const frames = new FrameLoop();

/**
 * Draws outside React: once now, and after each `wake` until `draw` says that nothing moves any more.
 * @param wake is given what to call; @returns stops the calls. Must stay the same from render to render.
 */
export function useFrames(draw: Draw, wake: (again: () => void) => () => void): void {
  const latest = useRef(draw);
  useEffect(() => {
    latest.current = draw;
  });
  useEffect(() => {
    const run: Draw = (nowMs) => latest.current(nowMs);
    const again = (): void => frames.request(run);
    again();
    const stop = wake(again);
    return () => {
      stop();
      frames.cancel(run);
    };
  }, [wake]);
}
