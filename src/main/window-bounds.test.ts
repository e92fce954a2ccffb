import { describe, expect, it } from 'vitest';
import { MIN_HEIGHT, MIN_WIDTH, placeWindow } from './window-bounds.ts';

const main = { x: 0, y: 25, width: 1920, height: 1055 };
const left = { x: -1280, y: 0, width: 1280, height: 1024 };
const at = (x: number, y: number, width = 1000, height = 700) => ({
  ...{ x, y, width, height },
  isMaximized: false,
});

describe('placeWindow', () => {
  it('leaves the first place to the system', () => {
    const { width, height, ...rest } = placeWindow(null, [main]);
    expect(rest).toEqual({});
    expect(width).toBeGreaterThanOrEqual(MIN_WIDTH);
    expect(height).toBeGreaterThanOrEqual(MIN_HEIGHT);
  });

  it('puts it where it was, on any screen', () => {
    expect(placeWindow(at(100, 100), [main])).toEqual({ x: 100, y: 100, width: 1000, height: 700 });
    expect(placeWindow(at(-1200, 50), [main, left])).toMatchObject({ x: -1200, y: 50 });
  });

  it('forgets a place on a screen that is gone, and keeps the size', () => {
    expect(placeWindow(at(-1200, 50), [main])).toEqual({ width: 1000, height: 700 });
    expect(placeWindow(at(5000, 100), [main])).toEqual({ width: 1000, height: 700 });
    expect(placeWindow(at(100, 3000), [main])).toEqual({ width: 1000, height: 700 });
  });

  it('never makes it larger than its screen or smaller than can be used', () => {
    expect(placeWindow(at(0, 25, 8000, 8000), [main])).toMatchObject({ width: 1920, height: 1055 });
    expect(placeWindow(at(0, 25, 200, 200), [main])).toMatchObject({
      width: MIN_WIDTH,
      height: MIN_HEIGHT,
    });
    const tiny = { x: 0, y: 0, width: 320, height: 240 };
    expect(placeWindow(at(0, 0), [tiny])).toMatchObject({ width: 320, height: 240 });
  });

  it('leaves a part that a hand can take, and the title bar below the top', () => {
    const { x, y } = placeWindow(at(1900, 10), [{ ...main, width: 2000 }]);
    expect(x).toBeLessThanOrEqual(2000 - 80);
    expect(y).toBe(25);
  });

  it('copes with no screen at all', () => {
    expect(placeWindow(at(1, 2), [])).toEqual({ width: 1000, height: 700 });
  });
});
