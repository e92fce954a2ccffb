import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle } from 'electron';
import type { WindowState } from '../ipc/app/settings.ts';
import { MIN_HEIGHT, MIN_WIDTH, placeWindow } from './window-bounds.ts';

/** What is used of a window, so that this file is tested without Electron. */
export type WindowLike = Pick<
  BrowserWindow,
  | 'on'
  | 'once'
  | 'show'
  | 'hide'
  | 'focus'
  | 'restore'
  | 'maximize'
  | 'isMinimized'
  | 'isMaximized'
  | 'isVisible'
  | 'isDestroyed'
  | 'getNormalBounds'
>;

export interface AppWindowOptions<W extends WindowLike> {
  /** Makes the window and loads its page. */
  readonly create: (options: BrowserWindowConstructorOptions) => W;
  /** Work areas, the main screen's first. */
  readonly screens: () => readonly Rectangle[];
  readonly saved: () => WindowState | null;
  readonly remember: (state: WindowState) => void;
  /** Whether closing only hides it, because something else leads back to it. */
  readonly hidesOnClose: () => boolean;
}

/** A window is moved in many steps: where it came to rest is what counts. */
const REST_MS = 500;

/** The app's one window: where it was last time, hidden instead of closed where the tray leads back to it. */
export class AppWindow<W extends WindowLike> {
  readonly #options: AppWindowOptions<W>;
  #window: W | undefined;
  #rest: NodeJS.Timeout | undefined;
  #isQuitting = false;

  constructor(options: AppWindowOptions<W>) {
    this.#options = options;
  }

  get isVisible(): boolean {
    return this.#alive?.isVisible() ?? false;
  }

  /** In front, made where there is none. */
  show(): void {
    const window = this.#alive;
    if (window === undefined) return this.#open();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  /** From now on closing closes. */
  quit(): void {
    this.#isQuitting = true;
    this.#save();
  }

  get #alive(): W | undefined {
    return this.#window?.isDestroyed() === false ? this.#window : undefined;
  }

  #open(): void {
    const { create, saved, screens, hidesOnClose } = this.#options;
    const state = saved();
    const window = create({
      ...placeWindow(state, screens()),
      minWidth: MIN_WIDTH,
      minHeight: MIN_HEIGHT,
      show: false,
    });
    this.#window = window;
    window.once('ready-to-show', () => {
      if (state?.isMaximized) window.maximize();
      window.show();
    });
    const moved = (): void => {
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => this.#save(), REST_MS);
    };
    window.on('resize', moved);
    window.on('move', moved);
    window.on('maximize', moved);
    window.on('unmaximize', moved);
    window.on('close', (event) => {
      this.#save();
      if (this.#isQuitting || !hidesOnClose()) return;
      event.preventDefault();
      window.hide();
    });
    window.on('closed', () => {
      clearTimeout(this.#rest);
      if (this.#window === window) this.#window = undefined;
    });
  }

  #save(): void {
    clearTimeout(this.#rest);
    const window = this.#alive;
    if (window === undefined) return;
    const { x, y, width, height } = window.getNormalBounds();
    const rounded = [x, y, width, height].map(Math.round) as [number, number, number, number];
    const state: WindowState = {
      x: rounded[0],
      y: rounded[1],
      width: rounded[2],
      height: rounded[3],
      isMaximized: window.isMaximized(),
    };
    const before = this.#options.saved();
    if (JSON.stringify(state) !== JSON.stringify(before)) this.#options.remember(state);
  }
}
