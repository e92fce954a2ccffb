/**
 * The segment correlation of ESTOI (Jensen and Taal 2016, eqs. 3 to 6): each segment (bands x
 * frames) is normalised to zero mean and unit norm along its rows, then along its columns; the
 * result is the mean over segments of the mean inner product of corresponding columns.
 *
 * @param clean, degraded band envelopes, one array per band, equal frame counts >= segmentFrames
 */
export function extendedCorrelation(
  clean: readonly Float64Array[],
  degraded: readonly Float64Array[],
  segmentFrames: number,
): number {
  const bands = clean.length;
  const segments = clean[0]!.length - segmentFrames + 1;
  const x = new Float64Array(bands * segmentFrames);
  const y = new Float64Array(bands * segmentFrames);
  const noise = gaussianSource();
  let sum = 0;
  for (let start = 0; start < segments; start++) {
    normaliseSegment(clean, start, segmentFrames, x, noise);
    normaliseSegment(degraded, start, segmentFrames, y, noise);
    for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  }
  return sum / (segmentFrames * segments);
}

function normaliseSegment(
  bands: readonly Float64Array[],
  start: number,
  frames: number,
  out: Float64Array,
  noise: () => number,
): void {
  bands.forEach((band, b) => {
    for (let i = 0; i < frames; i++) out[b * frames + i] = band[start + i]!;
    normaliseVector(out, b * frames, 1, frames, noise);
  });
  for (let i = 0; i < frames; i++) normaliseVector(out, i, frames, bands.length, noise);
}

/** Below this norm the noise of the reference implementations is no longer negligible. */
const NOISE_MATTERS = 1e-9;

/**
 * Zero mean and unit norm, in place, for `count` values from `offset` in steps of `stride`.
 *
 * The authors' code adds noise of one machine epsilon to every value, so that a band of digital
 * silence becomes a random direction rather than 0/0. Such a direction weighs in the column norms,
 * so it cannot be replaced by zeros. Here the noise is seeded and drawn only where it matters.
 */
function normaliseVector(
  values: Float64Array,
  offset: number,
  stride: number,
  count: number,
  noise: () => number,
): void {
  const end = offset + stride * count;
  if (centre(values, offset, stride, count) < NOISE_MATTERS) {
    for (let i = offset; i < end; i += stride) values[i]! += Number.EPSILON * noise();
  }
  const norm = centre(values, offset, stride, count);
  const scale = norm > 0 ? 1 / norm : 0;
  for (let i = offset; i < end; i += stride) values[i]! *= scale;
}

/** Subtracts the mean in place and returns the norm of what is left. */
function centre(values: Float64Array, offset: number, stride: number, count: number): number {
  const end = offset + stride * count;
  let sum = 0;
  for (let i = offset; i < end; i += stride) sum += values[i]!;
  const mean = sum / count;
  let energy = 0;
  for (let i = offset; i < end; i += stride) {
    values[i]! -= mean;
    energy += values[i]! * values[i]!;
  }
  return Math.sqrt(energy);
}

/** Seeded standard normal numbers: xorshift32 and Box-Muller. */
function gaussianSource(): () => number {
  let state = 0x9e3779b9;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
