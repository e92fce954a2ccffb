/** Time as a dependency, so that hours of audio can be tested in seconds. */

export interface Clock {
  /** Monotonic time in ms from an arbitrary origin, with sub-millisecond resolution. */
  nowMs(): number;
  /** Resolves once at least `ms` have passed on this clock. */
  sleep(ms: number): Promise<void>;
}

/** The machine's own monotonic clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms))),
};

interface Sleeper {
  readonly wakeMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still until it is told to move.
 * @example
 * const clock = new VirtualClock();
 * const done = clock.sleep(1000);
 * await clock.advance(1000); // resolves `done`
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #sleepers: Sleeper[] = [];

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number): Promise<void> {
    if (!(ms > 0)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sleepers.push({ wakeMs: this.#nowMs + ms, order: this.#order++, wake: resolve });
    });
  }

  /** How many sleeps are still pending. */
  get pending(): number {
    return this.#sleepers.length;
  }

  /**
   * Moves time forward and wakes sleepers in order of their time; a sleeper that sleeps again within
   * the span is woken again. `nowMs()` is each sleeper's own wake time while its continuation runs.
   * @param ms 0 or more
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`cannot advance a clock by ${ms} ms`);
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#takeEarliest(endMs);
      if (next === undefined) break;
      this.#nowMs = next.wakeMs;
      next.wake();
      // A full turn of the event loop lets whatever awaited the sleep run before time moves on.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = endMs;
  }

  #takeEarliest(endMs: number): Sleeper | undefined {
    let best = -1;
    for (let i = 0; i < this.#sleepers.length; i++) {
      const sleeper = this.#sleepers[i]!;
      if (sleeper.wakeMs > endMs) continue;
      const other = this.#sleepers[best];
      if (
        other === undefined ||
        sleeper.wakeMs < other.wakeMs ||
        (sleeper.wakeMs === other.wakeMs && sleeper.order < other.order)
      ) {
        best = i;
      }
    }
    return best < 0 ? undefined : this.#sleepers.splice(best, 1)[0];
  }
}
