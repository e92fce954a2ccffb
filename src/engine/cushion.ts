/**
 * How much enhanced sound to keep waiting: as little as the jitter allows.
 *
 * Every pull measures what it *requires*: how far the playback ring lags behind the microphone at that
 * moment (hops, codec, scheduling), plus the samples of the pull itself. The greatest requirement of the last
 * half minute, and a margin, is the target: it rises at once with the jitter seen and shrinks back when the
 * jitter is over. A requirement that was missed, so that a gap was heard, is remembered for longer, and
 * longer still each time it happens again.
 */

/** Always kept on top. */
const MARGIN_MS = 1.5;
/** Kept in addition at the start, before any jitter can have been seen; melts away over `START_MELTS_MS`. */
const START_EXTRA_MS = 3;
const START_MELTS_MS = 20_000;
const BUCKET_MS = 1000;
const WINDOW_MS = 30_000;
/** A missed requirement is remembered for this long, doubled for each further one, up to the longest. */
const MISSED_MS = 120_000;
const MISSED_LONGEST_MS = 16 * 60_000;

interface Peak {
  ms: number;
  readonly untilMs: number;
}

export class Cushion {
  readonly #buckets: Peak[] = [];
  readonly #missed: Peak[] = [];
  #bucket: Peak | undefined;
  #startMs: number | undefined;
  #holdMs = MISSED_MS;

  /** What one pull required. */
  observe(requiredMs: number, atMs: number): void {
    this.#startMs ??= atMs;
    if (!this.#bucket || atMs >= this.#bucket.untilMs - WINDOW_MS) {
      this.#bucket = { ms: requiredMs, untilMs: atMs + BUCKET_MS + WINDOW_MS };
      this.#buckets.push(this.#bucket);
      expire(this.#buckets, atMs);
      if (expire(this.#missed, atMs) && this.#missed.length === 0) this.#holdMs = MISSED_MS;
    } else if (requiredMs > this.#bucket.ms) {
      this.#bucket.ms = requiredMs;
    }
  }

  /** A pull required more than there was. */
  miss(requiredMs: number, atMs: number): void {
    this.observe(requiredMs, atMs);
    this.#missed.push({ ms: requiredMs, untilMs: atMs + this.#holdMs });
    this.#holdMs = Math.min(MISSED_LONGEST_MS, 2 * this.#holdMs);
  }

  /** What should be there at a pull, in ms behind the microphone; undefined before the first pull. */
  targetMs(atMs: number): number | undefined {
    if (this.#startMs === undefined) return undefined;
    let most = -Infinity;
    for (const { ms } of this.#buckets) if (ms > most) most = ms;
    for (const { ms } of this.#missed) if (ms > most) most = ms;
    const melted = Math.min(1, Math.max(0, (atMs - this.#startMs) / START_MELTS_MS));
    return most + MARGIN_MS + START_EXTRA_MS * (1 - melted);
  }

  /** The paths have changed (another device): what was seen no longer holds. */
  reset(): void {
    this.#buckets.length = 0;
    this.#missed.length = 0;
    this.#bucket = undefined;
    this.#startMs = undefined;
    this.#holdMs = MISSED_MS;
  }
}

/** @returns whether any went */
function expire(peaks: Peak[], atMs: number): boolean {
  const before = peaks.length;
  for (let i = peaks.length - 1; i >= 0; i--) if (peaks[i]!.untilMs <= atMs) peaks.splice(i, 1);
  return peaks.length < before;
}
