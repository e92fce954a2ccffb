/** Cutting a stream into hops, and taking the codec's delay back out of its output. */

/** Collects samples of any chunking into full hops. Not re-entrant. */
export class HopBuffer {
  readonly #hop: Float32Array;
  #fill = 0;

  constructor(hopSamples: number) {
    this.#hop = new Float32Array(hopSamples);
  }

  /** Samples that wait for their hop to fill. */
  get pending(): number {
    return this.#fill;
  }

  /** Full hops that `samples` more would complete. */
  hopsAfter(samples: number): number {
    return Math.floor((this.#fill + samples) / this.#hop.length);
  }

  /** Calls `consume` with each full hop; the array is reused. */
  async push(chunk: Float32Array, consume: (hop: Float32Array) => Promise<void>): Promise<void> {
    let position = 0;
    while (position < chunk.length) {
      const take = Math.min(this.#hop.length - this.#fill, chunk.length - position);
      this.#hop.set(chunk.subarray(position, position + take), this.#fill);
      this.#fill += take;
      position += take;
      if (this.#fill < this.#hop.length) return;
      this.#fill = 0;
      await consume(this.#hop);
    }
  }

  reset(): void {
    this.#fill = 0;
  }
}

/** Drops the first `delaySamples` of a stream of output hops. */
export class DelayTrimmer {
  readonly #delaySamples: number;
  #toDrop: number;

  constructor(delaySamples: number) {
    this.#delaySamples = delaySamples;
    this.#toDrop = delaySamples;
  }

  /** @returns the part of `hop` that is output: a view, possibly empty. */
  trim(hop: Float32Array): Float32Array {
    const drop = Math.min(this.#toDrop, hop.length);
    this.#toDrop -= drop;
    return hop.subarray(drop);
  }

  reset(): void {
    this.#toDrop = this.#delaySamples;
  }
}
