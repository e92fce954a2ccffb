/**
 * Rational resampler for whole signals, as STOI's reference implementations use it: the Kaiser
 * windowed sinc of Octave's `resample` (60 dB rejection, transition a tenth of the stop-band edge),
 * polyphase, zero delay, zeros beyond both ends. For live audio use the stateful resampler of
 * src/audio instead; STOI values depend on this very filter.
 *
 * @param signal samples at `fromRate`
 * @param fromRate Hz, integer
 * @param toRate Hz, integer
 * @returns ceil(length * toRate / fromRate) samples
 */
export function resampleForStoi(
  signal: Float32Array,
  fromRate: number,
  toRate: number,
): Float64Array {
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const up = toRate / divisor;
  const down = fromRate / divisor;
  if (up === down) return Float64Array.from(signal);
  const { taps, halfLength } = octaveFilter(up, down);
  // y[m] = sum_k h[half + m * down - k * up] x[k]. The taps that meet one output follow each other in
  // one phase, here in the order of the samples; zeros in front and behind spare the bounds.
  const phases = Array.from({ length: up }, (_, phase) => {
    const own = taps.filter((_, t) => t % up === phase).reverse();
    // An even count, for the loop below.
    return own.length % 2 === 0 ? own : Float64Array.from([0, ...own]);
  });
  const length = Math.ceil((signal.length * up) / down);
  const lead = Math.ceil(halfLength / up) + 2;
  const padded = new Float64Array(signal.length + 2 * lead + down);
  padded.set(signal, lead);
  const out = new Float64Array(length);
  for (let m = 0; m < length; m++) {
    const centre = m * down + halfLength;
    const phase = phases[centre % up]!;
    const from = Math.floor(centre / up) - phase.length + 1 + lead;
    // Two sums, because one would wait for each addition before the next.
    let even = 0;
    let odd = 0;
    for (let i = 0; i < phase.length; i += 2) {
      even += phase[i]! * padded[from + i]!;
      odd += phase[i + 1]! * padded[from + i + 1]!;
    }
    out[m] = even + odd;
  }
  return out;
}

interface Filter {
  taps: Float64Array;
  halfLength: number;
}

const filters = new Map<string, Filter>();

function octaveFilter(up: number, down: number): Filter {
  const key = `${up}/${down}`;
  const known = filters.get(key);
  if (known !== undefined) return known;
  const rejectionDb = 60;
  const cutoff = 1 / (2 * Math.max(up, down));
  const transition = cutoff / 10;
  const halfLength = Math.ceil((rejectionDb - 8) / (28.714 * transition));
  const beta = 0.1102 * (rejectionDb - 8.7);
  const taps = new Float64Array(2 * halfLength + 1);
  let sum = 0;
  for (let i = 0; i < taps.length; i++) {
    const t = i - halfLength;
    const x = 2 * cutoff * t * Math.PI;
    const sinc = t === 0 ? 1 : Math.sin(x) / x;
    const kaiser = besselI0(beta * Math.sqrt(1 - (t / halfLength) ** 2)) / besselI0(beta);
    taps[i] = sinc * kaiser;
    sum += taps[i]!;
  }
  // Unit gain at DC for the zero-stuffed signal, which has 1 / up of the energy.
  for (let i = 0; i < taps.length; i++) taps[i]! *= up / sum;
  const filter = { taps, halfLength };
  filters.set(key, filter);
  return filter;
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
