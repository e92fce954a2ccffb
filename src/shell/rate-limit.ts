/** How many messages may come: a bucket that fills evenly and is emptied by one for each message. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #left: number;
  #atMs: number;

  /**
   * @param perSecond messages that may come for ever
   * @param burst messages that may come at once
   * @param now monotonic, ms
   */
  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#left = burst;
    this.#atMs = now();
  }

  /** Counts one message. @returns whether it is within the limit */
  take(): boolean {
    const atMs = this.#now();
    const refilled = this.#left + ((atMs - this.#atMs) * this.#perSecond) / 1000;
    this.#left = Math.min(this.#burst, refilled);
    this.#atMs = atMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
