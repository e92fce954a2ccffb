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

export interface ResamplerOptions {
  /**
   * Half length of the filter in zero crossings of the lower rate. More is steeper and later.
   * The delay is zeroCrossings / min(inputRate, outputRate) seconds. Default 64 (4 ms at 16 kHz).
   */
  zeroCrossings?: number;
}

/** Kaiser β; stop band at about −110 dB. */
const KAISER_BETA = 11;
/** Stop-band attenuation that β stands for, dB (Kaiser: β = 0.1102·(A − 8.7)). */
const ATTENUATION_DB = KAISER_BETA / 0.1102 + 8.7;
/** Above this many phases coefficients are interpolated between INTERPOLATED_PHASES of them. */
const MAX_EXACT_PHASES = 1024;
/** Linear interpolation error (π/2048)²/8 is −131 dB. */
const INTERPOLATED_PHASES = 2048;

interface FilterBank {
  /** Input samples each output sample depends on. */
  readonly taps: number;
  /** Phases in `coefficients`, without the closing one of an interpolated bank. */
  readonly phases: number;
  readonly interpolated: boolean;
  /** [phase][tap], each phase summing to 1. */
  readonly coefficients: Float32Array;
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
    this.#bank = filterBank(this.#up, this.#down, zeroCrossings);
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

/** Banks by ratio and length: several channels of one file share one table. */
const banks = new Map<string, FilterBank>();

function filterBank(up: number, down: number, zeroCrossings: number): FilterBank {
  const key = `${up}/${down}/${zeroCrossings}`;
  const known = banks.get(key);
  if (known) return known;
  if (banks.size >= 16) banks.clear(); // one process rarely meets more; tables can be megabytes
  const bank = designBank(up, down, zeroCrossings);
  banks.set(key, bank);
  return bank;
}

function designBank(up: number, down: number, zeroCrossings: number): FilterBank {
  if (up === down) {
    return { taps: 2, phases: 1, interpolated: false, coefficients: new Float32Array([1, 0]) };
  }
  const scale = Math.min(1, up / down);
  const half = Math.ceil(zeroCrossings / scale);
  const taps = 2 * half;
  // Kaiser's formula gives the transition width of this length, as a fraction of the lower rate's
  // Nyquist frequency; the stop band begins at that Nyquist, so nothing folds back.
  const transition = (ATTENUATION_DB - 8) / (2.285 * 2 * zeroCrossings * Math.PI);
  const cutoff = scale * Math.max(0.5, 1 - transition / 2);
  const interpolated = up > MAX_EXACT_PHASES;
  const phases = interpolated ? INTERPOLATED_PHASES : up;
  const rows = interpolated ? phases + 1 : phases;
  const coefficients = new Float32Array(rows * taps);
  const windowNorm = besselI0(KAISER_BETA);
  const row = new Float64Array(taps);
  for (let p = 0; p < rows; p++) {
    let sum = 0;
    for (let m = 0; m < taps; m++) {
      const distance = p / phases + half - 1 - m;
      const edge = distance / half;
      const window =
        Math.abs(edge) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - edge * edge)) / windowNorm;
      const value = cutoff * sinc(cutoff * distance) * window;
      row[m] = value;
      sum += value;
    }
    for (let m = 0; m < taps; m++) coefficients[p * taps + m] = row[m]! / sum;
  }
  return { taps, phases, interpolated, coefficients };
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = Math.PI * x;
  return Math.sin(angle) / angle;
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  const quarter = (x * x) / 4;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
