/** Peaks of a value over the last half minute, second by second. */

const BUCKET_MS = 1000;
const WINDOW_MS = 30_000;
/** What is usual is judged by the last so many seconds. */
const USUAL_BUCKETS = 10;

interface Bucket {
  peak: number;
  readonly startMs: number;
}

export class PeakWindow {
  readonly #buckets: Bucket[] = [];

  add(value: number, atMs: number): void {
    const newest = this.#buckets.at(-1);
    if (newest && atMs < newest.startMs + BUCKET_MS) {
      if (value > newest.peak) newest.peak = value;
      return;
    }
    this.#buckets.push({ peak: value, startMs: atMs });
    while (this.#buckets[0]!.startMs < atMs - WINDOW_MS) this.#buckets.shift();
  }

  /** The greatest value; −Infinity for none. */
  get peak(): number {
    let most = -Infinity;
    for (const { peak } of this.#buckets) if (peak > most) most = peak;
    return most;
  }

  /** The peak of a usual second, so that a rare one does not count; 0 for none. */
  get typicalPeak(): number {
    if (this.#buckets.length === 0) return 0;
    const peaks = this.#buckets
      .slice(-USUAL_BUCKETS)
      .map(({ peak }) => peak)
      .sort((a, b) => a - b);
    return peaks[peaks.length >> 1]!;
  }

  /** Forgets what began before. */
  keepSince(atMs: number): void {
    while (this.#buckets.length > 0 && this.#buckets[0]!.startMs < atMs) this.#buckets.shift();
  }

  reset(): void {
    this.#buckets.length = 0;
  }
}
