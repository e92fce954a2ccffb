import type { LiveCounters, Telemetry } from '../../ipc/live.ts';

/**
 * The newest telemetry, kept out of React: canvases read it when they draw, texts a few times a second
 * (see `useReadout`).
 */
export class TelemetryFeed {
  readonly #listeners = new Set<(telemetry: Telemetry) => void>();
  readonly #paces = new Map<number, Pace>();
  /** Counters are shown from here on. */
  #baseline: LiveCounters | null = null;
  latest: Telemetry | null = null;
  /** By the window's clock (`performance.now`), ms. */
  receivedAtMs = 0;

  push(telemetry: Telemetry, nowMs: number = performance.now()): void {
    // The engine counts from its start; a new run makes an older baseline meaningless.
    if (this.#baseline !== null && telemetry.counters.hops < this.#baseline.hops) {
      this.#baseline = null;
    }
    this.latest = telemetry;
    this.receivedAtMs = nowMs;
    for (const listener of [...this.#listeners]) listener(telemetry);
    for (const pace of this.#paces.values()) pace.wake();
  }

  /** @returns stops it */
  subscribe(listener: (telemetry: Telemetry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Calls back after new telemetry, but no more often than every `everyMs`; all who ask for the same pace are called
   * together. @returns stops it
   */
  subscribeSlowly(everyMs: number, listener: () => void): () => void {
    let pace = this.#paces.get(everyMs);
    if (pace === undefined) this.#paces.set(everyMs, (pace = new Pace(everyMs)));
    pace.listeners.add(listener);
    return () => void pace.listeners.delete(listener);
  }

  /** Counts from now on. */
  resetCounters(): void {
    this.#baseline = this.latest?.counters ?? null;
  }

  /** @returns what has been counted since the start or the last reset; `null` before any telemetry */
  counted(name: keyof LiveCounters): number | null {
    if (this.latest === null) return null;
    return this.latest.counters[name] - (this.#baseline?.[name] ?? 0);
  }
}

class Pace {
  readonly listeners = new Set<() => void>();
  readonly #everyMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  wake(): void {
    if (this.listeners.size === 0) return;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const listener of [...this.listeners]) listener();
    }, this.#everyMs);
  }
}
