/**
 * Listens to a steady sine for anything that is not it. A sine of frequency ω obeys
 * x[n] = 2·cos ω·x[n−1] − x[n−2], whatever its phase and level; where a sample is left out, put in or
 * bent, the equation fails at that place. The residual, divided by what white noise would be amplified by,
 * is the click's level.
 */
export class ToneCheck {
  readonly #twoCos: number;
  readonly #skipFrames: number;
  #x1 = 0;
  #x2 = 0;
  #count = 0;
  /** Largest residual, and the frame it was at. */
  worst = 0;
  worstAt = -1;
  peak = 0;

  /** @param skipFrames not judged at the beginning: start-up and fade-in */
  constructor(frequencyHz: number, rateHz: number, skipFrames: number) {
    this.#skipFrames = skipFrames;
    this.#twoCos = 2 * Math.cos((2 * Math.PI * frequencyHz) / rateHz);
  }

  /** @param samples interleaved; the first channel is heard */
  add(samples: Float32Array, channels: number): void {
    for (let i = 0; i < samples.length; i += channels) {
      const x = samples[i]!;
      const off = Math.abs(x - this.#twoCos * this.#x1 + this.#x2);
      if (this.#count++ > this.#skipFrames) {
        if (off > this.worst) {
          this.worst = off;
          this.worstAt = this.#count;
        }
        if (x > this.peak) this.peak = x;
      }
      this.#x2 = this.#x1;
      this.#x1 = x;
    }
  }

  /** dB relative to full scale. */
  get worstDb(): number {
    return 20 * Math.log10(this.worst / Math.sqrt(2 + this.#twoCos ** 2));
  }
}
