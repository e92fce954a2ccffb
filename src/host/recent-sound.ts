import type { Tap, TapFormat, TapHop } from '../engine/contract.ts';

/**
 * Remembers the last seconds of the microphone, as the codec got it: after gain and mute. Copying a hop costs
 * less than a microsecond; memory is taken once, when sound first begins.
 */
export class RecentSound implements Tap {
  readonly #seconds: number;
  #ring = new Float32Array(0);
  #sampleRateHz = 0;
  /** Samples since sound began. */
  #written = 0;

  /** @param seconds the longest stretch that can be asked for */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Forgets what was before: it does not lead up to what comes. */
  begin({ sampleRateHz }: TapFormat): void {
    const length = Math.ceil(this.#seconds * sampleRateHz);
    if (this.#ring.length !== length) this.#ring = new Float32Array(length);
    this.#sampleRateHz = sampleRateHz;
    this.#written = 0;
  }

  hop({ raw }: TapHop): void {
    const ring = this.#ring;
    const at = this.#written % ring.length;
    const first = Math.min(raw.length, ring.length - at);
    ring.set(first === raw.length ? raw : raw.subarray(0, first), at);
    if (first < raw.length) ring.set(raw.subarray(first), 0);
    this.#written += raw.length;
  }

  /** What was heard last can still be asked for. */
  end(): void {}

  /** @returns the newest samples, oldest first; fewer than asked for where there were fewer */
  last(seconds: number): Float32Array {
    const ring = this.#ring;
    const wanted = Math.round(seconds * this.#sampleRateHz);
    const count = Math.min(wanted, this.#written, ring.length);
    const samples = new Float32Array(count);
    if (count === 0) return samples;
    const from = (this.#written - count) % ring.length;
    const first = Math.min(count, ring.length - from);
    samples.set(ring.subarray(from, from + first), 0);
    if (first < count) samples.set(ring.subarray(0, count - first), first);
    return samples;
  }
}
