const BAR_WIDTH = 28;
const MIN_INTERVAL_MS = 100;
/** Work shorter than this shows no bar. */
const QUIET_MS = 700;

/**
 * A progress bar on stderr, drawn only on a terminal and only for work that takes a while.
 * `total` undefined shows what is done without a bar.
 */
export class Progress {
  readonly #label: string;
  #total: number | undefined;
  readonly #unit: string;
  readonly #started = performance.now();
  #drawn = false;
  #lastDraw = 0;

  constructor(label: string, total: number | undefined, unit: string) {
    this.#label = label;
    this.#total = total;
    this.#unit = unit;
  }

  /**
   * @param done in the unit of `total`
   * @param total where it became known only now
   */
  update(done: number, total?: number): void {
    this.#total ??= total;
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    if (now - this.#started < QUIET_MS || now - this.#lastDraw < MIN_INTERVAL_MS) return;
    this.#lastDraw = now;
    this.#drawn = true;
    const speed = done / ((now - this.#started) / 1000);
    process.stderr.write(`\r\x1b[K${this.#line(done, speed)}`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#drawn) process.stderr.write('\r\x1b[K');
    this.#drawn = false;
  }

  #line(done: number, speed: number): string {
    const rate = `${speed.toFixed(1)} ${this.#unit}/s`;
    if (this.#total === undefined || this.#total <= 0) {
      return `${this.#label} ${done.toFixed(0)} ${this.#unit} ${rate}`;
    }
    const share = Math.min(1, done / this.#total);
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const left = speed > 0 ? Math.ceil((this.#total - done) / speed) : 0;
    return `${this.#label} ${bar} ${(share * 100).toFixed(0).padStart(3)}% ${rate}, ${left} s left`;
  }
}
