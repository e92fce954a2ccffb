import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorMessage, ResiduaError } from '../../common/errors.ts';
import { toProblem } from '../../common/problem.ts';
import {
  changeSettings,
  DEFAULT_SETTINGS,
  type Settings,
  type SettingsChange,
} from '../../ipc/app/settings.ts';
import type { Problem } from '../../ipc/messages.ts';
import { replaceText } from '../replace-text.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { parseSettings } from './parse-settings.ts';

export const SETTINGS_FILE = 'settings.json';

export interface SettingsStoreOptions {
  /** Holds the file; made when it is missing. */
  readonly folder: string;
  /** Called after every change, but not for each of many small ones: see `remember`. */
  readonly onChange?: (settings: Settings, previous: Settings) => void;
  /** Something a person should know, once. */
  readonly onProblem?: (problem: Problem) => void;
  /** From a change to the disk, ms. Default 300. */
  readonly delayMs?: number;
  readonly now?: () => Date;
}

/**
 * What the app remembers. A file that cannot be read or understood is set aside and said so; where nothing can be
 * written, settings live in memory and that is said too.
 */
export class SettingsStore {
  readonly #options: SettingsStoreOptions;
  readonly #path: string;
  #settings: Settings = DEFAULT_SETTINGS;
  /** What listeners were told last. */
  #told: Settings = DEFAULT_SETTINGS;
  #loadProblem: Problem | null = null;
  #saveProblem: Problem | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isSaved = true;
  #saving: Promise<void> = Promise.resolve();

  private constructor(options: SettingsStoreOptions) {
    this.#options = options;
    this.#path = join(options.folder, SETTINGS_FILE);
  }

  /** Never fails: what is wrong is among `problems`. */
  static async open(options: SettingsStoreOptions): Promise<SettingsStore> {
    const store = new SettingsStore(options);
    await store.#load();
    return store;
  }

  get current(): Settings {
    return this.#settings;
  }

  /** Of the file, as things stand. */
  get problems(): Problem[] {
    return [this.#loadProblem, this.#saveProblem].filter((problem) => problem !== null);
  }

  /** @returns all settings, the change among them */
  change(change: SettingsChange): Settings {
    this.#settings = changeSettings(this.#settings, withoutUndefined(change));
    this.#saveSoon();
    this.#tell();
    return this.#settings;
  }

  /** As `change`; listeners are told when it is written. For what a slider changes fifty times a second. */
  remember(change: SettingsChange): void {
    this.#settings = changeSettings(this.#settings, withoutUndefined(change));
    this.#saveSoon();
  }

  /** Writes what is not on disk yet. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#tell();
    this.#saving = this.#saving.then(() => this.#save());
    await this.#saving;
  }

  #tell(): void {
    const previous = this.#told;
    if (previous === this.#settings) return;
    this.#told = this.#settings;
    this.#options.onChange?.(this.#settings, previous);
  }

  #saveSoon(): void {
    this.#isSaved = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), this.#options.delayMs ?? 300);
  }

  async #load(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return;
      await this.#setAside(`it cannot be read (${describeFailure(error)})`);
      return;
    }
    const { settings, wrong } = parseSettings(text);
    this.#settings = this.#told = settings;
    if (wrong !== undefined) await this.#setAside(wrong);
  }

  async #setAside(wrong: string): Promise<void> {
    const now = (this.#options.now ?? (() => new Date()))();
    const stamp = now.toISOString().slice(0, 19).replaceAll(':', '-');
    const aside = join(this.#options.folder, `settings.broken-${stamp}.json`);
    const kept = await rename(this.#path, aside).then(
      () => `It was set aside as ${basename(aside)}.`,
      (error: unknown) => `It could not be set aside (${describeFailure(error)}).`,
    );
    this.#loadProblem = {
      code: 'SETTINGS_BROKEN',
      message: `The settings file was not usable: ${wrong}. ${kept}`,
      hint: 'What was wrong is at its default now; look through the settings.',
    };
    this.#saveSoon();
  }

  async #save(): Promise<void> {
    if (this.#isSaved) return;
    this.#isSaved = true;
    try {
      await mkdir(this.#options.folder, { recursive: true });
      await replaceText(this.#path, `${JSON.stringify(this.#settings, null, 2)}\n`);
      this.#saveProblem = null;
    } catch (cause) {
      const isNews = this.#saveProblem === null;
      this.#isSaved = false; // the next change, or the end, tries again
      const error = new ResiduaError(
        'SETTINGS_NOT_SAVED',
        `The settings cannot be saved in ${this.#options.folder} (${describeFailure(cause)})`,
        { hint: 'They hold until Residua ends. Make the folder writable to keep them.' },
      );
      this.#saveProblem = toProblem(error);
      if (isNews) this.#options.onProblem?.(this.#saveProblem);
    }
  }
}

function describeFailure(error: unknown): string {
  const known: Record<string, string> = {
    EACCES: 'no permission',
    EPERM: 'no permission',
    EROFS: 'the disk is read-only',
    ENOSPC: 'the disk is full',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a file is in the way',
    EEXIST: 'a file is in the way',
  };
  return known[(error as NodeJS.ErrnoException).code ?? ''] ?? errorMessage(error);
}
