/** First-in first-out samples: keeps the untouched signal until its enhanced counterpart is there. */
export class SampleQueue {
  #buffer = new Float32Array(8192);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(samples: Float32Array): void {
    if (this.#end + samples.length > this.#buffer.length) {
      const needed = this.length + samples.length;
      const target = needed * 2 > this.#buffer.length ? new Float32Array(needed * 2) : this.#buffer;
      target.set(this.#buffer.subarray(this.#start, this.#end));
      this.#end = this.length;
      this.#start = 0;
      this.#buffer = target;
    }
    this.#buffer.set(samples, this.#end);
    this.#end += samples.length;
  }

  /** @throws RangeError where fewer than `count` samples are held */
  shift(count: number): Float32Array {
    if (count > this.length) throw new RangeError(`${count} samples wanted, ${this.length} held`);
    const samples = this.#buffer.slice(this.#start, this.#start + count);
    this.#start += count;
    return samples;
  }
}
