import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WindowState } from '../ipc/app/settings.ts';
import { AppWindow, type WindowLike } from './app-window.ts';

class FakeWindow extends EventEmitter {
  bounds = { x: 10, y: 20, width: 800, height: 600 };
  visible = false;
  minimized = false;
  maximized = false;
  destroyed = false;
  show = vi.fn(() => void (this.visible = true));
  hide = vi.fn(() => void (this.visible = false));
  focus = vi.fn();
  restore = vi.fn(() => void (this.minimized = false));
  maximize = vi.fn(() => void (this.maximized = true));
  isMinimized = () => this.minimized;
  isMaximized = () => this.maximized;
  isVisible = () => this.visible;
  isDestroyed = () => this.destroyed;
  getNormalBounds = () => this.bounds;
  /** As the person does it. */
  close() {
    const event = { preventDefault: vi.fn() };
    this.emit('close', event);
    if (event.preventDefault.mock.calls.length > 0) return;
    this.destroyed = true;
    this.emit('closed');
  }
}

const windows: FakeWindow[] = [];
let saved: WindowState | null;
let hides: boolean;
const remember = vi.fn((state: WindowState) => void (saved = state));
const create = vi.fn((_options: object) => {
  windows.push(new FakeWindow());
  return windows.at(-1) as unknown as WindowLike;
});
const appWindow = () =>
  new AppWindow({
    create,
    screens: () => [{ x: 0, y: 0, width: 1920, height: 1080 }],
    saved: () => saved,
    remember,
    hidesOnClose: () => hides,
  });

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  windows.length = 0;
  saved = null;
  hides = true;
});
afterEach(() => vi.useRealTimers());

describe('AppWindow', () => {
  it('is shown when its page is ready, not as an empty frame before', () => {
    appWindow().show();
    expect(create.mock.calls[0]![0]).toMatchObject({ show: false });
    expect(windows[0]!.show).not.toHaveBeenCalled();
    windows[0]!.emit('ready-to-show');
    expect(windows[0]!.visible).toBe(true);
  });

  it('comes back from behind, from the dock and from the tray, as the same window', () => {
    const window = appWindow();
    window.show();
    windows[0]!.minimized = true;
    window.show();
    expect(windows[0]!.minimized).toBe(false);
    windows[0]!.close();
    expect(window.isVisible).toBe(false);
    window.show();
    expect(window.isVisible).toBe(true);
    expect(windows[0]!.focus).toHaveBeenCalled();
    expect(create).toHaveBeenCalledOnce();
  });

  it('is closed for good where nothing leads back to it, and made anew', () => {
    hides = false;
    const window = appWindow();
    window.show();
    windows[0]!.close();
    expect(windows[0]!.destroyed).toBe(true);
    window.show();
    expect(create).toHaveBeenCalledTimes(2);
  });

  it('closes when the app quits, though the tray is there', () => {
    const window = appWindow();
    window.show();
    window.quit();
    windows[0]!.close();
    expect(windows[0]!.destroyed).toBe(true);
  });

  it('remembers where it came to rest, once', () => {
    appWindow().show();
    for (let i = 0; i < 50; i++) {
      windows[0]!.bounds = { x: i, y: i, width: 800, height: 600 };
      windows[0]!.emit('move');
      vi.advanceTimersByTime(20);
    }
    vi.advanceTimersByTime(1000);
    expect(remember).toHaveBeenCalledOnce();
    expect(saved).toEqual({ x: 49, y: 49, width: 800, height: 600, isMaximized: false });
    windows[0]!.emit('resize');
    vi.advanceTimersByTime(1000);
    expect(remember).toHaveBeenCalledOnce(); // nothing has changed
  });

  it('remembers that it was maximized, and the place below', () => {
    const window = appWindow();
    window.show();
    windows[0]!.maximized = true;
    windows[0]!.emit('maximize');
    window.quit();
    expect(saved).toMatchObject({ x: 10, width: 800, isMaximized: true });
    windows[0]!.close();
    window.show();
    windows[1]!.emit('ready-to-show');
    expect(windows[1]!.maximize).toHaveBeenCalledOnce();
  });
});
