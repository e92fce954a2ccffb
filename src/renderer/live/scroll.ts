import type { SpectrogramHistory } from '../store/spectrogram-history.ts';

/** How far behind the newest column the picture runs: columns come in bursts of 50 ms. */
const DELAY_MS = 90;
/** Share of the way back to the right speed taken per frame. */
const PULL = 0.04;
/** Further off than that it jumps, columns. */
const JUMP = 20;
/** Without columns for so long it stands still. */
const STALE_MS = 400;

/**
 * Where the right edge of the spectrograms stands, in columns since the beginning: moves evenly with time, though
 * columns come in bursts. One for both pictures, so that they stay together.
 */
export class Scroll {
  #head = 0;
  #atMs = 0;

  /** @returns the edge at `nowMs`; the same for calls of the same frame */
  head(history: SpectrogramHistory, nowMs: number): number {
    if (nowMs === this.#atMs) return this.#head;
    const { written, columnMs, newestAtMs } = history;
    const passed = columnMs > 0 ? (nowMs - this.#atMs) / columnMs : 0;
    this.#atMs = nowMs;
    if (columnMs === 0) return (this.#head = 0);
    const sinceNewest = Math.min(nowMs - newestAtMs, DELAY_MS);
    const target = written + (sinceNewest - DELAY_MS) / columnMs;
    const next = this.#head + passed;
    const off = target - next;
    this.#head = Math.abs(off) > JUMP ? target : Math.min(written, next + off * PULL);
    if (this.isStale(history, nowMs)) this.#head = written;
    return this.#head;
  }

  isStale({ newestAtMs }: SpectrogramHistory, nowMs: number): boolean {
    return nowMs - newestAtMs > STALE_MS;
  }
}
