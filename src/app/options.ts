import type { LaunchEngine } from '../host/client/engine-process.ts';
import type { Settings } from '../ipc/app/settings.ts';

/** What differs between the shells. */
export interface AppOptions {
  readonly shell: 'electron' | 'browser';
  readonly appVersion: string;
  /** Holds settings.json; made when it is missing. */
  readonly dataFolder: string;
  /** The models that ship with the app. */
  readonly modelsFolder: string;
  /** `demo/` and `study.json`. */
  readonly resourcesFolder: string;
  /** Where recordings go unless the settings say otherwise. */
  readonly recordingsFolder: string;
  readonly launchEngine: LaunchEngine;
  readonly can: {
    /** The window can name files by path. */
    readonly filePaths: boolean;
    readonly autostart: boolean;
    readonly shortcut: boolean;
    readonly tray: boolean;
  };
  /** Shows a file in the system's file manager. */
  readonly reveal?: (path: string) => Promise<void>;
  /** Puts files into the system's trash. Without it they go to a folder `.trash` beside them. */
  readonly trash?: (path: string) => Promise<void>;
  /**
   * Applies what is the shell's to apply: theme, autostart, shortcut, tray. Called once at the start (`previous` is
   * `undefined`) and after every change. What it throws is told to the person.
   */
  readonly applySettings?: (
    settings: Settings,
    previous: Settings | undefined,
  ) => void | Promise<void>;
}
