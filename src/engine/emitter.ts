import type { LiveEvent, LiveEventOf } from './contract.ts';

type Listener = (event: LiveEvent) => void;

/** Typed events. A listener that throws does not keep the others, or the sound, from going on. */
export class LiveEmitter {
  readonly #all = new Set<Listener>();
  readonly #byType = new Map<LiveEvent['type'], Set<Listener>>();

  on<T extends LiveEvent['type']>(type: T, listener: (event: LiveEventOf<T>) => void): () => void {
    const listeners = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, listeners);
    // A wrapper of its own, so that the same function can be added twice.
    const entry: Listener = (event) => listener(event as LiveEventOf<T>);
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  onAny(listener: Listener): () => void {
    const entry: Listener = (event) => listener(event);
    this.#all.add(entry);
    return () => void this.#all.delete(entry);
  }

  emit(event: LiveEvent): void {
    for (const listener of [...(this.#byType.get(event.type) ?? []), ...this.#all]) {
      try {
        listener(event);
      } catch (error) {
        // Thrown again where the process sees it, outside of the audio path.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#all.clear();
    this.#byType.clear();
  }
}
