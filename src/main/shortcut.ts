import type { GlobalShortcut } from 'electron';
import { ResiduaError } from '../common/errors.ts';

/** The one key combination that works while another program is in front. */
export class Shortcut {
  readonly #registry: Pick<GlobalShortcut, 'register' | 'unregister'>;
  readonly #pressed: () => void;
  #current: string | null = null;

  constructor(registry: Pick<GlobalShortcut, 'register' | 'unregister'>, pressed: () => void) {
    this.#registry = registry;
    this.#pressed = pressed;
  }

  /**
   * @param accelerator as Electron writes it, `null` for none
   * @throws ResiduaError `SHORTCUT_INVALID`, `SHORTCUT_TAKEN`; no shortcut works then
   */
  set(accelerator: string | null): void {
    if (accelerator === this.#current) return;
    if (this.#current !== null) this.#registry.unregister(this.#current);
    this.#current = null;
    if (accelerator === null) return;
    let isOurs: boolean;
    try {
      isOurs = this.#registry.register(accelerator, this.#pressed);
    } catch (cause) {
      throw new ResiduaError('SHORTCUT_INVALID', `'${accelerator}' is no key combination`, {
        hint: 'Write one like CommandOrControl+Shift+R in the settings.',
        cause,
      });
    }
    if (!isOurs) {
      throw new ResiduaError('SHORTCUT_TAKEN', `another program has '${accelerator}' already`, {
        hint: 'Choose another combination in the settings.',
      });
    }
    this.#current = accelerator;
  }
}
