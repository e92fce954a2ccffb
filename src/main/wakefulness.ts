import type { PowerSaveBlocker } from 'electron';

/** Keeps the system from suspending the app while the voice is being cleaned; the screen may go dark. */
export class Wakefulness {
  readonly #blocker: Pick<PowerSaveBlocker, 'start' | 'stop'>;
  #id: number | undefined;

  constructor(blocker: Pick<PowerSaveBlocker, 'start' | 'stop'>) {
    this.#blocker = blocker;
  }

  set(isLive: boolean): void {
    if (isLive === (this.#id !== undefined)) return;
    if (isLive) this.#id = this.#blocker.start('prevent-app-suspension');
    else {
      this.#blocker.stop(this.#id!);
      this.#id = undefined;
    }
  }
}
