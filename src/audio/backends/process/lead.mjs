// @ts-check

const SHRINK_AFTER_MS = 20_000;
/** One hitch makes several pieces late: it counts once. */
const ONE_HITCH_MS = 200;
const MAX_PIECES = 48;
/** Pieces added for a hitch, and pieces that must be to spare before one is given up. */
const GROW_PIECES = 4;
const SPARE_PIECES = 4;

/**
 * How many pieces of sound a sink keeps ready beyond those the library holds. Grows at once when sound
 * came too late, shrinks by one each 20 s in which there was always some to spare.
 */
export class Lead {
  #nowMs;
  #changed;
  #spare = Infinity;
  #sinceMs;
  #grownMs = -Infinity;

  /**
   * @param {number} pieces at first
   * @param {() => number} nowMs
   * @param {(pieces: number) => void} changed
   */
  constructor(pieces, nowMs, changed) {
    this.pieces = Math.min(MAX_PIECES, Math.max(0, Math.round(pieces)));
    this.#nowMs = nowMs;
    this.#changed = changed;
    this.#sinceMs = nowMs();
  }

  /** @param {number} waiting pieces still there when the next ones came */
  arrived(waiting) {
    this.#spare = Math.min(this.#spare, waiting);
    const now = this.#nowMs();
    if (now - this.#sinceMs < SHRINK_AFTER_MS) return;
    if (this.#spare >= SPARE_PIECES && this.pieces > 0) this.#set(this.pieces - 1);
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
