import type { Percentiles } from '../common/statistics.ts';

/** Bins per factor of ten: percentiles are right to 0.6 %. */
const BINS_PER_DECADE = 400;
const LOWEST_MS = 1e-3;
const DECADES = 8;

/**
 * Times of hops, kept as a logarithmic histogram so that hours of hops need no more memory than
 * seconds of them. `max` is exact.
 */
export class HopTimes {
  readonly #bins = new Uint32Array(BINS_PER_DECADE * DECADES);
  #count = 0;
  #totalMs = 0;
  #max = 0;

  add(ms: number): void {
    const bin = Math.floor(Math.log10(Math.max(ms, LOWEST_MS) / LOWEST_MS) * BINS_PER_DECADE);
    this.#bins[Math.min(bin, this.#bins.length - 1)]!++;
    this.#count++;
    this.#totalMs += ms;
    if (ms > this.#max) this.#max = ms;
  }

  get count(): number {
    return this.#count;
  }

  get totalMs(): number {
    return this.#totalMs;
  }

  /** ms, rounded to 1 µs; null before the first hop. */
  percentiles(): Percentiles | null {
    if (this.#count === 0) return null;
    return {
      p50: this.#quantile(0.5),
      p95: this.#quantile(0.95),
      p99: this.#quantile(0.99),
      max: round(this.#max),
    };
  }

  #quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let bin = 0; bin < this.#bins.length; bin++) {
      seen += this.#bins[bin]!;
      if (seen >= rank) {
        return round(Math.min(this.#max, LOWEST_MS * 10 ** ((bin + 0.5) / BINS_PER_DECADE)));
      }
    }
    return round(this.#max);
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
