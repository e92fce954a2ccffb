/**
 * The pace of a device, from the times at which its blocks come. Blocks come on time or late, never early,
 * so the line through the *earliest* arrivals is the device's clock: of every quarter of a second only the
 * earliest block counts, and through those runs a least-squares line that forgets slowly. Stalls and
 * scheduling jitter then leave almost no trace, and a crystal's ppm are known after some seconds.
 *
 * Where the line no longer fits (a clock that changes its pace), its memory is shortened until it does.
 *
 * A lasting shift (frames lost in a driver) is noticed and the line moved, keeping its slope: a large one at
 * once, as blocks that are late but not lost catch up quickly.
 */

export interface StreamClockOptions {
  /** Hz. */
  readonly nominalRateHz: number;
}

const BUCKET_MS = 250;
/** Memory of the line, in ms. Shorter follows temperature, longer averages jitter. */
const MEMORY_MS = 60_000;
/** Arrivals that lie off the line by so much on average, over so many buckets, do not fit it. */
const MISFIT_MS = 0.4;
const MISFIT_BUCKETS = 4;
/** What is kept of the past then, with each bucket. */
const MISFIT_KEEP = 0.7;
/** Slope is trusted once the line spans this. */
const MIN_SPAN_MS = 3000;
/** No device is further off than this; what looks like it is a fault. */
const MAX_DEVIATION = 2000e-6;
/** A shift is taken for real after so many buckets in a row beyond the limit. */
const SHIFT_MS = 4;
const SHIFT_BUCKETS = 4;
/** A shift that large counts after so many blocks that do not catch up. */
const JUMP_MS = 80;
const JUMP_BLOCKS = 3;

export class StreamClock {
  readonly nominalRateHz: number;
  #originMs = 0;
  #started = false;
  #frames = 0;
  // Weighted sums over bucket minima of x = nominal time of the frames, y = lateness against it.
  #weight = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #xy = 0;
  #firstX = 0;
  #lastX = 0;
  #bucketEndMs = 0;
  #bestX = 0;
  #bestY = Infinity;
  #shifted: number[] = [];
  #late: number[] = [];
  #shifts = 0;
  /** Running average of how far arrivals lie off the line, ms: what a long memory lags behind. */
  #misfitMs = 0;
  // The line: lateness = #offsetMs + #slope · (x − #pivot).
  #pivot = 0;
  #offsetMs = 0;
  #slope = 0;

  constructor({ nominalRateHz }: StreamClockOptions) {
    this.nominalRateHz = nominalRateHz;
  }

  /** Frames counted so far. */
  get frames(): number {
    return this.#frames;
  }

  /** How often the line was moved. */
  get shifts(): number {
    return this.#shifts;
  }

  /** false: the last blocks came so late that either more will catch up, or some were lost. */
  get settled(): boolean {
    return this.#late.length === 0;
  }

  /** How fast the device runs, relative to nominal; 0 until known. Positive: fast. */
  get deviation(): number {
    return this.known ? 1 / (1 + this.#slope) - 1 : 0;
  }

  /** Whether the deviation rests on enough time. */
  get known(): boolean {
    return this.#lastX - this.#firstX >= MIN_SPAN_MS;
  }

  /**
   * @param frames that came (or went) with this event
   * @param atMs when the last of them did
   */
  add(frames: number, atMs: number): void {
    if (!this.#started) {
      this.#started = true;
      this.#originMs = atMs - (frames * 1000) / this.nominalRateHz;
      this.#bucketEndMs = atMs + BUCKET_MS;
    }
    this.#frames += frames;
    const x = (this.#frames * 1000) / this.nominalRateHz;
    const y = atMs - this.#originMs - x;
    this.#checkJump(y - this.#expected(x), (frames * 1000) / this.nominalRateHz);
    if (y < this.#bestY) {
      this.#bestX = x;
      this.#bestY = y;
    }
    if (this.#weight === 0) {
      // Until the first bucket is full: the earliest so far, at nominal pace.
      this.#pivot = this.#bestX;
      this.#offsetMs = this.#bestY;
    }
    if (atMs < this.#bucketEndMs) return;
    this.#closeBucket();
    this.#bucketEndMs = atMs + BUCKET_MS;
  }

  /** When frame number `frames` comes by this clock, jitter taken out. */
  timeOfMs(frames: number): number {
    const x = (frames * 1000) / this.nominalRateHz;
    return this.#originMs + x + this.#expected(x) + this.#misfitMs;
  }

  /** Frames that have come by then, with fraction. */
  framesAt(atMs: number): number {
    // Solves timeOf(x) = at for x.
    const lateMs = this.#offsetMs - this.#slope * this.#pivot + this.#misfitMs;
    const t = atMs - this.#originMs - lateMs;
    return ((t / (1 + this.#slope)) * this.nominalRateHz) / 1000;
  }

  #closeBucket(): void {
    const x = this.#bestX;
    const y = this.#bestY;
    this.#bestY = Infinity;
    if (y === Infinity) return;
    const off = y - this.#expected(x);
    if (this.#weight > 0 && Math.abs(off) > SHIFT_MS) {
      this.#shifted.push(off);
      if (this.#shifted.length >= SHIFT_BUCKETS) this.#shift(smallest(this.#shifted));
      return;
    }
    this.#shifted = [];
    this.#misfitMs += (off - this.#misfitMs) / MISFIT_BUCKETS;
    this.#include(x, y);
  }

  #checkJump(lateMs: number, blockMs: number): void {
    const before = this.#late.at(-1);
    const isLasting = before === undefined || Math.abs(lateMs - before) < blockMs / 2;
    if (!(lateMs > JUMP_MS) || !isLasting) this.#late = [];
    if (lateMs > JUMP_MS) this.#late.push(lateMs);
    if (this.#late.length >= JUMP_BLOCKS) this.#shift(smallest(this.#late));
  }

  /** Lateness that the line expects. */
  #expected(x: number): number {
    return this.#offsetMs + this.#slope * (x - this.#pivot);
  }

  #include(x: number, y: number): void {
    if (this.#weight === 0) this.#firstX = x;
    const fits = Math.abs(this.#misfitMs) < MISFIT_MS;
    const usual = Math.exp(-(x - this.#lastX) / MEMORY_MS);
    const keep = this.#weight === 0 ? 0 : fits ? usual : MISFIT_KEEP;
    this.#lastX = x;
    this.#weight = this.#weight * keep + 1;
    this.#x = this.#x * keep + x;
    this.#y = this.#y * keep + y;
    this.#xx = this.#xx * keep + x * x;
    this.#xy = this.#xy * keep + x * y;
    this.#pivot = this.#x / this.#weight;
    this.#offsetMs = this.#y / this.#weight;
    const variance = this.#xx / this.#weight - this.#pivot ** 2;
    const covariance = this.#xy / this.#weight - this.#pivot * this.#offsetMs;
    const slope = this.known && variance > 0 ? covariance / variance : 0;
    this.#slope = Math.max(-MAX_DEVIATION, Math.min(MAX_DEVIATION, slope));
  }

  /** Moves the line; its slope stays. */
  #shift(byMs: number): void {
    this.#y += byMs * this.#weight;
    this.#xy += byMs * this.#x;
    this.#offsetMs += byMs;
    this.#shifted = [];
    this.#late = [];
    this.#misfitMs = 0;
    this.#bestY = Infinity;
    this.#shifts += 1;
  }
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => (Math.abs(value) < Math.abs(least) ? value : least));
}
