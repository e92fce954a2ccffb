// @ts-check

const SHRINK_AFTER_MS = 20_000;
/** One hitch makes several pieces late: it counts once. */
const ONE_HITCH_MS = 200;
const MAX_PIECES = 48;
/** Pieces added for a hitch, and pieces that are to spare when others are given up. */
const GROW_PIECES = 4;
const SPARE_PIECES = 3;
/** What is late before that is late because everything is starting. */
const CALM_AFTER_MS = 3000;

/**
 * How many pieces of sound a sink keeps ready beyond those the library holds. Grows at once when sound
 * came too late, and gives up half of what was always to spare in 20 s, or in the first seconds after the start.
 */
export class Lead {
  #nowMs;
  #changed;
  #spare = Infinity;
  #sinceMs;
  #grownMs = -Infinity;
  #isCalm = false;
  #first;

  /**
   * @param {number} pieces at first
   * @param {() => number} nowMs
   * @param {(pieces: number) => void} changed
   */
  constructor(pieces, nowMs, changed) {
    this.pieces = Math.min(MAX_PIECES, Math.max(0, Math.round(pieces)));
    this.#nowMs = nowMs;
    this.#changed = changed;
    this.#first = this.pieces;
    this.#sinceMs = nowMs();
  }

  /** @param {number} waiting pieces still there when the next ones came */
  arrived(waiting) {
    this.#spare = Math.min(this.#spare, waiting);
    const now = this.#nowMs();
    const forMs = now - this.#sinceMs;
    if (!this.#isCalm && forMs >= CALM_AFTER_MS) {
      this.#isCalm = true;
      if (this.pieces > this.#first) this.#set(this.#first);
    } else if (forMs < SHRINK_AFTER_MS) return;
    else if (this.#spare > SPARE_PIECES && this.pieces > 0) {
      const given = Math.ceil((this.#spare - SPARE_PIECES) / 2);
      this.#set(Math.max(0, this.pieces - given));
    }
    this.#sinceMs = now;
    this.#spare = Infinity;
  }

  /** A piece was not there in time. */
  late() {
    const now = this.#nowMs();
    this.#spare = 0;
    this.#sinceMs = now;
    if (now - this.#grownMs < ONE_HITCH_MS) return;
    this.#grownMs = now;
    if (this.pieces < MAX_PIECES) this.#set(Math.min(MAX_PIECES, this.pieces + GROW_PIECES));
  }

  /** @param {number} pieces */
  #set(pieces) {
    this.pieces = pieces;
    this.#changed(pieces);
  }
}
