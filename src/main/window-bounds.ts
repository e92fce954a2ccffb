import type { WindowState } from '../ipc/app/settings.ts';

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowPlace {
  /** Left out where the system is to choose. */
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
}

export const MIN_WIDTH = 640;
export const MIN_HEIGHT = 480;
const DEFAULT = { width: 1180, height: 780 };
/** So much of a window has to be on a screen for a hand to get hold of it, pixels. */
const GRIP = 80;

/**
 * @param saved where the window was last time
 * @param screens work areas of the screens there are now, the first one first
 * @returns where it goes: as it was where that is still on a screen, in the middle of the first one otherwise; never
 *   larger than its screen
 */
export function placeWindow(saved: WindowState | null, screens: readonly Rectangle[]): WindowPlace {
  const home = saved === null ? undefined : screens.find((screen) => isWithinReach(saved, screen));
  const screen = home ?? screens[0];
  const wanted = saved ?? DEFAULT;
  const size = {
    width: clamp(wanted.width, MIN_WIDTH, screen?.width ?? wanted.width),
    height: clamp(wanted.height, MIN_HEIGHT, screen?.height ?? wanted.height),
  };
  if (saved === null || home === undefined) return size;
  return {
    ...size,
    x: clamp(saved.x, home.x + GRIP - size.width, home.x + home.width - GRIP),
    // The title bar is at the top: above the screen nobody reaches it.
    y: clamp(saved.y, home.y, home.y + home.height - GRIP),
  };
}

function isWithinReach(window: Rectangle, screen: Rectangle): boolean {
  const overlap = (from: number, size: number, start: number, length: number): number =>
    Math.min(from + size, start + length) - Math.max(from, start);
  return (
    overlap(window.x, window.width, screen.x, screen.width) >= GRIP &&
    window.y >= screen.y - GRIP &&
    window.y <= screen.y + screen.height - GRIP
  );
}

/** The lower limit gives way: a screen may be smaller than the smallest window. */
const clamp = (value: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, value));
