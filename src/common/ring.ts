/**
 * Single-producer single-consumer ring of float samples in a SharedArrayBuffer: one thread writes, one
 * thread reads, neither locks nor allocates.
 *
 * Memory: two 32-bit counters (samples ever written, samples ever read, both modulo 2^32), then the
 * samples. The capacity is a power of two, so counters may wrap without a special case. Each side
 * stores its own counter only after it has touched the samples; Atomics order the two.
 */

const HEADER_BYTES = 8;
const WRITTEN = 0;
const READ = 1;
const MAX_CAPACITY = 2 ** 28;

export class FloatRing {
  /** Hand this to the other thread and attach with `new FloatRing(buffer)`. */
  readonly buffer: SharedArrayBuffer;
  /** How many samples fit, a power of two. */
  readonly capacity: number;
  readonly #counters: Int32Array;
  readonly #samples: Float32Array;
  readonly #mask: number;

  /** Attaches to a buffer made by `FloatRing.allocate`. @throws RangeError for any other buffer */
  constructor(buffer: SharedArrayBuffer) {
    const capacity = (buffer.byteLength - HEADER_BYTES) / Float32Array.BYTES_PER_ELEMENT;
    if (!(capacity >= 1 && Number.isInteger(Math.log2(capacity)))) {
      throw new RangeError(`${buffer.byteLength} bytes are not a FloatRing`);
    }
    this.buffer = buffer;
    this.capacity = capacity;
    this.#counters = new Int32Array(buffer, 0, 2);
    this.#samples = new Float32Array(buffer, HEADER_BYTES, capacity);
    this.#mask = capacity - 1;
  }

  /**
   * @param minSamples what the ring must hold at least, 1..2^28; rounded up to a power of two
   * @throws RangeError outside that range
   */
  static allocate(minSamples: number): FloatRing {
    if (!(minSamples >= 1 && minSamples <= MAX_CAPACITY)) {
      throw new RangeError(`a ring holds 1..${MAX_CAPACITY} samples, not ${minSamples}`);
    }
    const capacity = 2 ** Math.ceil(Math.log2(minSamples));
    return new FloatRing(
      new SharedArrayBuffer(HEADER_BYTES + capacity * Float32Array.BYTES_PER_ELEMENT),
    );
  }

  /** Samples ready to be read. */
  get availableRead(): number {
    const written = Atomics.load(this.#counters, WRITTEN);
    return (written - Atomics.load(this.#counters, READ)) >>> 0;
  }

  /** Samples that can be written now. */
  get availableWrite(): number {
    return this.capacity - this.availableRead;
  }

  /**
   * Producer only. Writes as much of `source` as fits.
   * @returns samples written; fewer than `source.length` means the ring overflowed
   */
  write(source: Float32Array): number {
    const count = Math.min(source.length, this.availableWrite);
    if (count === 0) return 0;
    const position = Atomics.load(this.#counters, WRITTEN);
    const start = position & this.#mask;
    const first = Math.min(count, this.capacity - start);
    this.#samples.set(first === source.length ? source : source.subarray(0, first), start);
    if (first < count) this.#samples.set(source.subarray(first, count), 0);
    Atomics.store(this.#counters, WRITTEN, (position + count) | 0);
    return count;
  }

  /**
   * Consumer only. Fills `target` from its start as far as samples are there; the rest is untouched.
   * @returns samples read; fewer than `target.length` means the ring ran empty
   */
  read(target: Float32Array): number {
    const count = this.peek(target);
    this.skip(count);
    return count;
  }

  /** Consumer only. Like `read`, but leaves the samples in the ring. */
  peek(target: Float32Array): number {
    const count = Math.min(target.length, this.availableRead);
    if (count === 0) return 0;
    const start = Atomics.load(this.#counters, READ) & this.#mask;
    const first = Math.min(count, this.capacity - start);
    target.set(this.#samples.subarray(start, start + first), 0);
    if (first < count) target.set(this.#samples.subarray(0, count - first), first);
    return count;
  }

  /**
   * Consumer only. Drops the oldest samples, e.g. to return to the latency of before an overload.
   * @param samples how many; all of them when left out
   * @returns samples dropped
   */
  skip(samples: number = this.capacity): number {
    const count = Math.min(Math.max(0, Math.trunc(samples)), this.availableRead);
    const position = Atomics.load(this.#counters, READ);
    Atomics.store(this.#counters, READ, (position + count) | 0);
    return count;
  }
}
