/**
 * Stateful sample-rate conversion by a polyphase windowed sinc (Kaiser window), linear phase.
 *
 * Output sample k lies at input time k·inputRate/outputRate, so output and input are aligned in
 * time: the filter's delay shows only as output arriving later, never as a shift. Every output
 * sample is one dot product over the same input samples in the same order, whatever the chunking,
 * so any chunking gives bit-identical output. See J. O. Smith, "Digital Audio Resampling".
 *
 * An own implementation because the streaming libraries on npm offer neither a flush to an exact
 * length nor a choice of delay, both of which files and live audio need.
 */

import { filterBank, type FilterBank } from './filter-bank.ts';

export interface ResamplerOptions {
  /**
   * Half length of the filter in zero crossings of the lower rate. More is steeper and later.
   * The delay is zeroCrossings / min(inputRate, outputRate) seconds. Default 64 (4 ms at 16 kHz).
   */
  zeroCrossings?: number;
  /** Stop band in dB; less is steeper at the same delay. Default 108. */
  stopbandDb?: number;
  /**
   * Where the response is −6 dB, as a fraction of the lower Nyquist frequency, up to 1. Default: so that the
   * stop band begins at that frequency. Higher keeps more of the top and lets a little fold back there.
   */
  cutoff?: number;
}

export class Resampler {
  readonly inputRate: number;
  readonly outputRate: number;
  /** How much later than its time an output sample can first be computed, in input samples. */
  readonly delayInputSamples: number;
  readonly #up: number;
  readonly #down: number;
  readonly #bank: FilterBank;
  #history: Float32Array;
  /** Valid samples in #history. */
  #length = 0;
  /** Index in #history of the first tap of the next output sample. */
  #next = 0;
  /** Fractional position of the next output sample, in units of 1/#up input samples. */
  #phase = 0;
  #consumed = 0;
  #produced = 0;

  /**
   * @param inputRate Hz, a positive integer
   * @param outputRate Hz, a positive integer
   */
  constructor(inputRate: number, outputRate: number, options: ResamplerOptions = {}) {
    const zeroCrossings = options.zeroCrossings ?? 64;
    for (const [name, value] of Object.entries({ inputRate, outputRate, zeroCrossings })) {
      if (!Number.isInteger(value) || value <= 0) {
        throw new RangeError(`${name} must be a positive integer, not ${value}`);
      }
    }
    this.inputRate = inputRate;
    this.outputRate = outputRate;
    const divisor = greatestCommonDivisor(inputRate, outputRate);
    this.#up = outputRate / divisor;
    this.#down = inputRate / divisor;
    this.#bank = filterBank(
      this.#up,
      this.#down,
      zeroCrossings,
      options.stopbandDb,
      options.cutoff,
    );
    this.delayInputSamples = this.#bank.taps / 2;
    this.#history = new Float32Array(this.#bank.taps + 4096);
    this.reset();
  }

  /** Output samples for `inputSamples` input samples: ceil(inputSamples · out / in). */
  outputLength(inputSamples: number): number {
    return Math.ceil((inputSamples * this.#up) / this.#down);
  }

  /** Forgets all history; the next sample is the first of a new stream. */
  reset(): void {
    this.#history.fill(0);
    // The first output sits on input sample 0, which is tap taps/2 − 1: zeros stand before it.
    this.#length = this.#bank.taps / 2 - 1;
    this.#next = 0;
    this.#phase = 0;
    this.#consumed = 0;
    this.#produced = 0;
  }

  /** Most samples `processInto` can write for `inputSamples` more input samples. */
  maxOutput(inputSamples: number): number {
    return this.outputLength(inputSamples + this.#bank.taps) + 1;
  }

  /** Takes any number of samples, returns those that became computable. */
  process(input: Float32Array): Float32Array {
    const output = new Float32Array(this.maxOutput(input.length));
    return output.slice(0, this.processInto(input, output));
  }

  /**
   * As `process`, into the caller's buffer.
   * @param output at least `maxOutput(input.length)` long
   * @returns samples written
   */
  processInto(input: Float32Array, output: Float32Array): number {
    this.#consumed += input.length;
    const written = this.#run(input, output, Infinity);
    this.#produced += written;
    return written;
  }

  /** Ends the stream: the rest, so that in all exactly `outputLength(total input)` came out. */
  flush(): Float32Array {
    const remaining = this.outputLength(this.#consumed) - this.#produced;
    const output = new Float32Array(Math.max(0, remaining));
    const written = this.#run(new Float32Array(this.#bank.taps), output, output.length);
    this.#produced += written;
    return output;
  }

  #run(input: Float32Array, output: Float32Array, limit: number): number {
    if (this.#up === this.#down) {
      // Equal rates: sample for sample, without filtering or delay.
      const count = this.#isFlush(limit) ? 0 : input.length;
      output.set(count === input.length ? input : input.subarray(0, count));
      return count;
    }
    let written = 0;
    const room = this.#history.length - this.#bank.taps;
    for (let at = 0; at < input.length; at += room) {
      const piece = input.subarray(at, Math.min(input.length, at + room));
      this.#append(piece);
      written = this.#convolve(output, written, limit);
    }
    return written;
  }

  #isFlush(limit: number): boolean {
    return limit !== Infinity;
  }

  #append(piece: Float32Array): void {
    const drop = Math.min(this.#next, this.#length);
    if (drop > 0) {
      this.#history.copyWithin(0, drop, this.#length);
      this.#length -= drop;
      this.#next -= drop;
    }
    if (this.#length + piece.length > this.#history.length) {
      const grown = new Float32Array(this.#length + piece.length + this.#bank.taps);
      grown.set(this.#history.subarray(0, this.#length));
      this.#history = grown;
    }
    this.#history.set(piece, this.#length);
    this.#length += piece.length;
  }

  #convolve(output: Float32Array, from: number, limit: number): number {
    const { taps, coefficients, interpolated, phases } = this.#bank;
    const history = this.#history;
    const up = this.#up;
    const wholeStep = Math.floor(this.#down / up);
    const phaseStep = this.#down % up;
    let next = this.#next;
    let phase = this.#phase;
    let written = from;
    while (next + taps <= this.#length && written < limit) {
      let sum = 0;
      if (interpolated) {
        const position = (phase / up) * phases;
        const index = Math.floor(position);
        const blend = position - index;
        const base = index * taps;
        for (let m = 0; m < taps; m++) {
          const left = coefficients[base + m]!;
          sum += history[next + m]! * (left + blend * (coefficients[base + taps + m]! - left));
        }
      } else {
        const base = phase * taps;
        for (let m = 0; m < taps; m++) sum += history[next + m]! * coefficients[base + m]!;
      }
      output[written++] = sum;
      next += wholeStep;
      phase += phaseStep;
      if (phase >= up) {
        phase -= up;
        next++;
      }
    }
    this.#next = next;
    this.#phase = phase;
    return written;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
