/** Changes without a click: raised-cosine ramps of one hop, and a repair for breaks in a signal. */

/** Rises from just above 0 to 1 over `length` samples: (1 − cos)/2. */
export function raisedCosine(length: number): Float32Array {
  return Float32Array.from(
    { length },
    (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 1)) / length),
  );
}

/** A factor that moves to a new value over one hop, and then stands still. */
export class Ramp {
  readonly #shape: Float32Array;
  #value: number;

  constructor(hopSamples: number, value: number) {
    this.#shape = raisedCosine(hopSamples);
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** Writes one hop of the factor into `out`. */
  next(target: number, out: Float32Array): void {
    const from = this.#value;
    if (from === target) {
      out.fill(target);
      return;
    }
    const shape = this.#shape;
    for (let i = 0; i < out.length; i++) out[i] = from + (target - from) * shape[i]!;
    this.#value = target;
  }

  /** Jumps: for a signal that is silent anyway. */
  set(value: number): void {
    this.#value = value;
  }
}

/**
 * Closes the step where a signal breaks off and another begins: the difference at the seam, between the
 * first sample and what a straight line through the last two predicts, is added to the new one and fades
 * away.
 */
export class Seam {
  readonly #fade: Float32Array;
  #expected = 0;

  constructor(fadeSamples: number) {
    this.#fade = raisedCosine(fadeSamples).reverse();
  }

  /** Remembers where the signal stands. @param hop at least two samples */
  follow(hop: Float32Array): void {
    this.#expected = 2 * hop[hop.length - 1]! - hop[hop.length - 2]!;
  }

  /** Repairs the start of `hop`, which does not continue what was followed. */
  close(hop: Float32Array): void {
    const step = this.#expected - hop[0]!;
    const length = Math.min(this.#fade.length, hop.length);
    for (let i = 0; i < length; i++) hop[i] = hop[i]! + step * this.#fade[i]!;
  }

  reset(): void {
    this.#expected = 0;
  }
}
