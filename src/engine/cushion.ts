/**
 * How much enhanced sound to keep waiting: as little as the jitter allows, and the same for as long as
 * possible, since every change bends the sound's time axis a little.
 *
 * Every pull measures what it *requires*: how far the playback ring lags behind the microphone at that
 * moment (hops, codec, scheduling), plus the samples of the pull itself. The greatest requirement of the last
 * half minute, and a margin, is what the target must reach: it rises at once with the jitter seen, and shrinks
 * back when it could be lower by a good bit. A requirement that was missed, so that a gap was heard, is
 * remembered for longer, and longer still each time it happens again.
 *
 * Twice it starts: with the first pull, and anew some seconds later, when the machine has warmed up.
 *
 * One requirement can be foreseen. Hops appear in steps, and between two clocks the pulls wander through
 * them: when they come to lie just before a hop and no longer just after it, a whole hop more is required
 * from one pull to the next. `foresee` is told in time.
 */
import { PeakWindow } from './peak-window.ts';

/** Always kept on top. */
const MARGIN_MS = 2;
/** What is required before that is the machine's start, with cold code and caches, and says nothing of what comes. */
const CALM_AFTER_MS = 3000;
/** Kept in addition at the start, for jitter that cannot have been seen yet, at least for `START_HOLD_MS`. */
const START_EXTRA_MS = 5;
const START_HOLD_MS = 30_000;
/** The target is lowered when it could be lower by more than this. */
const STICKY_MS = 2;
/** In steps of at most so much, so that it can be worked off by speed before the next one. */
const SHRINK_STEP_MS = 15;
const SHRINK_PAUSE_MS = 12_000;
/** A missed requirement is remembered for this long, doubled for each further one in that time, up to the longest. */
const MISSED_MS = 30_000;
const MISSED_LONGEST_MS = 8 * 60_000;

export class Cushion {
  readonly #seen = new PeakWindow();
  #missed: { readonly ms: number; readonly untilMs: number }[] = [];
  #startMs: number | undefined;
  #isCalm = false;
  #targetMs = -Infinity;
  #shrunkMs = -Infinity;
  #holdMs = MISSED_MS;

  /** What one pull required. */
  observe(requiredMs: number, atMs: number): void {
    const calms =
      this.#startMs !== undefined && !this.#isCalm && atMs - this.#startMs >= CALM_AFTER_MS;
    if (calms) {
      this.#isCalm = true;
      this.#seen.keepSince(atMs - CALM_AFTER_MS / 2);
      this.#missed = [];
      this.#holdMs = MISSED_MS;
    }
    this.#seen.add(requiredMs, atMs);
    this.#startMs ??= atMs;
    if (calms || this.#targetMs === -Infinity) {
      this.#targetMs = this.#seen.peak + MARGIN_MS + START_EXTRA_MS;
    }
  }

  /** A pull required more than there was. */
  miss(requiredMs: number, atMs: number): void {
    this.observe(requiredMs, atMs);
    this.#missed = this.#missed.filter(({ untilMs }) => untilMs > atMs);
    if (this.#missed.length === 0) this.#holdMs = MISSED_MS;
    this.#missed.push({ ms: requiredMs, untilMs: atMs + this.#holdMs });
    this.#holdMs = Math.min(MISSED_LONGEST_MS, 2 * this.#holdMs);
  }

  /** What will be required soon. */
  foresee(requiredMs: number, atMs: number): void {
    this.#seen.add(requiredMs, atMs);
  }

  /** What should be there at a pull, in ms behind the microphone; undefined before the first pull. */
  targetMs(atMs: number): number | undefined {
    if (this.#startMs === undefined) return undefined;
    let most = this.#seen.peak;
    for (const { ms, untilMs } of this.#missed) if (untilMs > atMs && ms > most) most = ms;
    const enough = most + MARGIN_MS;
    if (enough > this.#targetMs) this.#targetMs = enough;
    const mayShrink =
      atMs - this.#startMs >= START_HOLD_MS && atMs - this.#shrunkMs >= SHRINK_PAUSE_MS;
    if (mayShrink && enough < this.#targetMs - STICKY_MS) {
      this.#targetMs = Math.max(enough, this.#targetMs - SHRINK_STEP_MS);
      this.#shrunkMs = atMs;
    }
    return this.#targetMs;
  }

  /** The paths have changed (another device): what was seen no longer holds. */
  reset(): void {
    this.#seen.reset();
    this.#missed = [];
    this.#startMs = undefined;
    this.#isCalm = false;
    this.#targetMs = -Infinity;
    this.#shrunkMs = -Infinity;
    this.#holdMs = MISSED_MS;
  }
}
