import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ControlsChange, LiveControls } from '../../ipc/live.ts';

/**
 * The controls as the hand has set them. A change shows at once and is sent at once; while one is on its way,
 * later ones are gathered and go together when it is answered, so a slider never fills a queue. What the app
 * says counts again as soon as nothing is on its way.
 */
export class ControlsModel {
  readonly state: StoreApi<{ readonly controls: LiveControls | null }> = createStore<{
    readonly controls: LiveControls | null;
  }>(() => ({ controls: null }));
  readonly #send: (change: ControlsChange) => Promise<LiveControls>;
  readonly #failed: (error: unknown) => void;
  #known: LiveControls | null = null;
  #gathered: ControlsChange | null = null;
  #isSending = false;

  /**
   * @param send asks the app. @returns the controls as they are then
   * @param failed is told why the app refused; the controls are then as they were
   */
  constructor(
    send: (change: ControlsChange) => Promise<LiveControls>,
    failed: (error: unknown) => void,
  ) {
    this.#send = send;
    this.#failed = failed;
  }

  get controls(): LiveControls | null {
    return this.state.getState().controls;
  }

  /** What the app says they are. */
  learn(controls: LiveControls | null): void {
    this.#known = controls;
    if (!this.#isSending) this.#show(controls);
  }

  /** Does nothing before the app has said what the controls are. */
  change(change: ControlsChange): void {
    const { controls } = this;
    if (controls === null) return;
    this.#show({ ...controls, ...change });
    this.#gathered = { ...this.#gathered, ...change };
    if (!this.#isSending) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    while (this.#gathered !== null) {
      const change = this.#gathered;
      this.#gathered = null;
      try {
        this.#known = await this.#send(change);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#isSending = false;
    this.#show(this.#known);
  }

  #show(controls: LiveControls | null): void {
    const shown = this.controls;
    if (shown !== null && controls !== null && same(shown, controls)) return;
    this.state.setState({ controls });
  }
}

const same = (a: LiveControls, b: LiveControls): boolean =>
  (Object.keys(a) as (keyof LiveControls)[]).every((key) => a[key] === b[key]);
