/**
 * Polyphase low-pass filters for rate conversion: a windowed sinc (Kaiser window), linear phase. See
 * J. O. Smith, "Digital Audio Resampling".
 */

/** Kaiser's β = 11. */
export const DEFAULT_STOPBAND_DB = 11 / 0.1102 + 8.7;
/** Above this many phases coefficients are interpolated between INTERPOLATED_PHASES of them. */
const MAX_EXACT_PHASES = 1024;
/** Linear interpolation error (π/2048)²/8 is −131 dB. */
const INTERPOLATED_PHASES = 2048;

export interface FilterBank {
  /** Input samples each output sample depends on. */
  readonly taps: number;
  /** Phases in `coefficients`, without the closing one of an interpolated bank. */
  readonly phases: number;
  readonly interpolated: boolean;
  /** [phase][tap], each phase summing to 1. */
  readonly coefficients: Float32Array;
}

/** Banks by ratio and length: several channels of one file share one table. */
const banks = new Map<string, FilterBank>();

/**
 * @param up output rate / common divisor
 * @param down input rate / common divisor
 * @param zeroCrossings half length in zero crossings of the lower rate
 */
export function filterBank(
  up: number,
  down: number,
  zeroCrossings: number,
  stopbandDb = DEFAULT_STOPBAND_DB,
  cutoff?: number,
): FilterBank {
  if (up === down) {
    return { taps: 2, phases: 1, interpolated: false, coefficients: new Float32Array([1, 0]) };
  }
  const interpolated = up > MAX_EXACT_PHASES;
  return cached(
    {
      scale: Math.min(1, up / down),
      phases: interpolated ? INTERPOLATED_PHASES : up,
      interpolated,
      zeroCrossings,
      stopbandDb,
      cutoff,
    },
    `${up}/${down}`,
  );
}

/**
 * A bank for ratios that vary while it is in use: always interpolated.
 * @param scale lower rate / input rate, at most 1
 */
export function variableFilterBank(
  scale: number,
  zeroCrossings: number,
  stopbandDb: number,
  cutoff?: number,
): FilterBank {
  // (π/512)²/8 is −106 dB.
  return cached(
    { scale, phases: 512, interpolated: true, zeroCrossings, stopbandDb, cutoff },
    'variable',
  );
}

interface Design {
  readonly scale: number;
  readonly phases: number;
  readonly interpolated: boolean;
  readonly zeroCrossings: number;
  readonly stopbandDb: number;
  /** Where the response is −6 dB, as a fraction of the lower rate's Nyquist frequency. */
  readonly cutoff: number | undefined;
}

function cached(design: Design, kind: string): FilterBank {
  const { scale, zeroCrossings, stopbandDb, cutoff } = design;
  const key = [kind, scale, zeroCrossings, stopbandDb, cutoff].join('|');
  const known = banks.get(key);
  if (known) return known;
  if (banks.size >= 16) banks.clear(); // one process rarely meets more; tables can be megabytes
  const bank = designBank(design);
  banks.set(key, bank);
  return bank;
}

function designBank(design: Design): FilterBank {
  const { scale, phases, interpolated, zeroCrossings, stopbandDb } = design;
  const beta = kaiserBeta(stopbandDb);
  const half = Math.ceil(zeroCrossings / scale);
  const taps = 2 * half;
  // Kaiser's formula gives the transition width of this length, as a fraction of the lower rate's
  // Nyquist frequency; unless told otherwise the stop band begins there, so that nothing folds back.
  const transition = (stopbandDb - 8) / (2.285 * 2 * zeroCrossings * Math.PI);
  const cutoff = scale * (design.cutoff ?? Math.max(0.5, 1 - transition / 2));
  const rows = interpolated ? phases + 1 : phases;
  const coefficients = new Float32Array(rows * taps);
  const windowNorm = besselI0(beta);
  const row = new Float64Array(taps);
  for (let p = 0; p < rows; p++) {
    let sum = 0;
    for (let m = 0; m < taps; m++) {
      const distance = p / phases + half - 1 - m;
      const edge = distance / half;
      const window =
        Math.abs(edge) >= 1 ? 0 : besselI0(beta * Math.sqrt(1 - edge * edge)) / windowNorm;
      const value = cutoff * sinc(cutoff * distance) * window;
      row[m] = value;
      sum += value;
    }
    for (let m = 0; m < taps; m++) coefficients[p * taps + m] = row[m]! / sum;
  }
  return { taps, phases, interpolated, coefficients };
}

/** Kaiser's window parameter for a stop band above 50 dB. */
function kaiserBeta(stopbandDb: number): number {
  if (!(stopbandDb >= 50 && stopbandDb <= 200)) {
    throw new RangeError(`the stop band must be 50 to 200 dB, not ${stopbandDb}`);
  }
  return 0.1102 * (stopbandDb - 8.7);
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
