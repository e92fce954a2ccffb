/**
 * Rate conversion whose ratio may change from block to block, for two devices with clocks of their own: the
 * sink asks for so many samples, and the ratio decides how much input they are made from.
 *
 * A ratio changes between two outputs, never the filter's phase, so that a small step (some hundred ppm) is
 * an equally small step in pitch and nothing else. The filter is that of `filter-bank.ts`.
 *
 * @example
 * const input = ring.take(resampler.needed(out.length, speed));
 * resampler.push(input);
 * resampler.pull(out, speed);
 */
import { variableFilterBank, type FilterBank } from './filter-bank.ts';

export interface AdaptiveResamplerOptions {
  /** As of `Resampler`: the delay is zeroCrossings / min(inputRate, outputRate) seconds. */
  readonly zeroCrossings: number;
  readonly stopbandDb: number;
  readonly cutoff?: number;
}

/** Speeds outside 1 ± this are refused: nobody's crystal is that far off. */
export const MAX_SPEED_DEVIATION = 0.02;

export class AdaptiveResampler {
  /** Input samples beyond its own time that an output depends on. */
  readonly delayInputSamples: number;
  readonly #bank: FilterBank;
  readonly #nominalStep: number;
  #history: Float32Array;
  #length = 0;
  /** Position of the first tap of the next output in #history: whole part and fraction. */
  #next = 0;
  #fraction = 0;

  /**
   * @param inputRate Hz, nominal
   * @param outputRate Hz, nominal
   */
  constructor(inputRate: number, outputRate: number, options: AdaptiveResamplerOptions) {
    for (const [name, rate] of Object.entries({ inputRate, outputRate })) {
      if (!(rate > 0 && rate < Infinity))
        throw new RangeError(`${name} must be above 0, not ${rate}`);
    }
    const { zeroCrossings, stopbandDb, cutoff } = options;
    this.#bank = variableFilterBank(
      Math.min(1, outputRate / inputRate),
      zeroCrossings,
      stopbandDb,
      cutoff,
    );
    this.#nominalStep = inputRate / outputRate;
    this.delayInputSamples = this.#bank.taps / 2;
    this.#history = new Float32Array(this.#bank.taps + 4096);
    this.reset();
  }

  /** Forgets the past: the next output lies on the next input sample. */
  reset(): void {
    this.#history.fill(0);
    // The first output sits on input sample 0, which is tap taps/2 − 1: zeros stand before it.
    this.#length = this.#bank.taps / 2 - 1;
    this.#next = 0;
    this.#fraction = 0;
  }

  /** Input samples pushed that lie after the next output's own time; may be negative. */
  get lookahead(): number {
    return this.#length - this.#next - this.#fraction - (this.#bank.taps / 2 - 1);
  }

  /**
   * How many more input samples `pull` needs for `outputs` samples.
   * @param speed input consumed, relative to the nominal ratio; 1 ± MAX_SPEED_DEVIATION
   */
  needed(outputs: number, speed: number): number {
    if (outputs === 0) return 0;
    const last = this.#fraction + (outputs - 1) * this.#step(speed);
    return Math.max(0, this.#next + Math.floor(last) + this.#bank.taps - this.#length);
  }

  push(input: Float32Array): void {
    const drop = Math.min(this.#next, this.#length);
    if (drop > 0) {
      this.#history.copyWithin(0, drop, this.#length);
      this.#length -= drop;
      this.#next -= drop;
    }
    if (this.#length + input.length > this.#history.length) {
      const grown = new Float32Array(2 * (this.#length + input.length));
      grown.set(this.#history.subarray(0, this.#length));
      this.#history = grown;
    }
    this.#history.set(input, this.#length);
    this.#length += input.length;
  }

  /** Fills `out`. @throws RangeError where less was pushed than `needed` said */
  pull(out: Float32Array, speed: number): void {
    if (this.needed(out.length, speed) > 0) throw new RangeError('too little input was pushed');
    const { taps, phases, coefficients } = this.#bank;
    const history = this.#history;
    const step = this.#step(speed);
    for (let i = 0; i < out.length; i++) {
      const position = this.#fraction + i * step;
      const whole = Math.floor(position);
      const start = this.#next + whole;
      const phase = (position - whole) * phases;
      const row = Math.floor(phase);
      const blend = phase - row;
      const left = row * taps;
      const right = left + taps;
      let sum = 0;
      for (let m = 0; m < taps; m++) {
        const a = coefficients[left + m]!;
        sum += history[start + m]! * (a + blend * (coefficients[right + m]! - a));
      }
      out[i] = sum;
    }
    const end = this.#fraction + out.length * step;
    const whole = Math.floor(end);
    this.#next += whole;
    this.#fraction = end - whole;
  }

  #step(speed: number): number {
    if (!(Math.abs(speed - 1) <= MAX_SPEED_DEVIATION)) {
      throw new RangeError(`a speed of ${speed} is outside 1 ± ${MAX_SPEED_DEVIATION}`);
    }
    return this.#nominalStep * speed;
  }
}
