import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Recording } from '../../ipc/app/library.ts';

/** Time to change one's mind, ms. */
export const UNDO_MS = 8000;

/**
 * Recordings on their way to the trash. They vanish from the list at once and are deleted a little later, all
 * together, unless a person takes it back; a window that is closed in between has deleted nothing.
 */
export class PendingDeletes {
  readonly state: StoreApi<{ readonly recordings: readonly Recording[] }> = createStore<{
    readonly recordings: readonly Recording[];
  }>(() => ({ recordings: [] }));
  readonly #delete: (id: string) => Promise<unknown>;
  readonly #failed: (error: unknown) => void;
  readonly #waitMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param failed is told why one could not be deleted; it is in the list again then */
  constructor(
    remove: (id: string) => Promise<unknown>,
    failed: (error: unknown) => void,
    waitMs: number = UNDO_MS,
  ) {
    this.#delete = remove;
    this.#failed = failed;
    this.#waitMs = waitMs;
  }

  add(recording: Recording): void {
    const { recordings } = this.state.getState();
    if (recordings.some(({ id }) => id === recording.id)) return;
    this.state.setState({ recordings: [...recordings, recording] });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), this.#waitMs);
  }

  undo(): void {
    clearTimeout(this.#timer);
    this.state.setState({ recordings: [] });
  }

  /** Deletes what waits, now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    const { recordings } = this.state.getState();
    for (const { id } of recordings) {
      try {
        await this.#delete(id);
      } catch (error) {
        this.#failed(error);
      }
      const left = this.state.getState().recordings.filter((other) => other.id !== id);
      this.state.setState({ recordings: left });
    }
  }
}
