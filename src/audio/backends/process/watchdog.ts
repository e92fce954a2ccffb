/**
 * Notices that a stream makes no progress. It counts ticks rather than time: after the whole process
 * stood still (a debugger, a machine asleep), the device gets a full span to come back before it is
 * called dead.
 */
export class Watchdog {
  readonly #timer: NodeJS.Timeout;
  readonly #maxTicks: number;
  readonly #expired: (silentMs: number) => void;
  #ticks = 0;

  static readonly tickMs = 100;

  /** @param limitMs without progress for that long, `expired` is called, once */
  constructor(limitMs: number, expired: (silentMs: number) => void) {
    this.#maxTicks = Math.max(2, Math.ceil(limitMs / Watchdog.tickMs));
    this.#expired = expired;
    this.#timer = setInterval(() => this.#tick(), Watchdog.tickMs);
    this.#timer.unref();
  }

  progress(): void {
    this.#ticks = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (++this.#ticks < this.#maxTicks) return;
    this.stop();
    this.#expired(this.#ticks * Watchdog.tickMs);
  }
}
