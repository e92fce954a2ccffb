/**
 * Power-of-two FFT of real signals in double precision.
 *
 * The metrics need a handful of sizes (256 to about 2^22) on typed arrays without allocation per
 * frame; the maintained FFT packages either allocate per call or work on plain arrays.
 *
 * A real signal of n samples is packed into n/2 complex values, transformed by an iterative
 * FFT, and unpacked into the n/2 + 1 bins of its spectrum.
 */
export class RealFft {
  /** Number of real samples. */
  readonly size: number;
  /** Number of spectrum bins, size / 2 + 1. */
  readonly bins: number;
  readonly #half: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #reversed: Uint32Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  /** @param size power of two, at least 4 */
  constructor(size: number) {
    if (!(size >= 4) || (size & (size - 1)) !== 0 || size > 2 ** 30) {
      throw new RangeError(`FFT size must be a power of two from 4 to 2^30, got ${size}`);
    }
    const half = size / 2;
    this.size = size;
    this.bins = half + 1;
    this.#half = half;
    this.#cos = new Float64Array(half);
    this.#sin = new Float64Array(half);
    for (let k = 0; k < half; k++) {
      this.#cos[k] = Math.cos((2 * Math.PI * k) / size);
      this.#sin[k] = Math.sin((2 * Math.PI * k) / size);
    }
    this.#reversed = bitReversal(half);
    this.#re = new Float64Array(half);
    this.#im = new Float64Array(half);
  }

  /**
   * Spectrum of `input` (size samples), unscaled: X[k] = sum x[n] exp(-2 pi i k n / size).
   * Writes bins values into `re` and `im`.
   */
  forward(input: ArrayLike<number>, re: Float64Array, im: Float64Array): void {
    const half = this.#half;
    const zr = this.#re;
    const zi = this.#im;
    const rev = this.#reversed;
    for (let i = 0; i < half; i++) {
      const j = rev[i]! * 2;
      zr[i] = input[j]!;
      zi[i] = input[j + 1]!;
    }
    this.#butterflies();
    // Unpack: the even samples are the real parts and the odd ones the imaginary parts.
    re[0] = zr[0]! + zi[0]!;
    im[0] = 0;
    re[half] = zr[0]! - zi[0]!;
    im[half] = 0;
    for (let k = 1; k < half; k++) {
      const m = half - k;
      const evenRe = 0.5 * (zr[k]! + zr[m]!);
      const evenIm = 0.5 * (zi[k]! - zi[m]!);
      const oddRe = 0.5 * (zi[k]! + zi[m]!);
      const oddIm = -0.5 * (zr[k]! - zr[m]!);
      const c = this.#cos[k]!;
      const s = this.#sin[k]!;
      re[k] = evenRe + c * oddRe + s * oddIm;
      im[k] = evenIm + c * oddIm - s * oddRe;
    }
  }

  /** Inverse of forward, scaled by 1/size; writes size samples into `output`. */
  inverse(re: Float64Array, im: Float64Array, output: Float64Array | Float32Array): void {
    const half = this.#half;
    const zr = this.#re;
    const zi = this.#im;
    const rev = this.#reversed;
    // Repack, with the imaginary part negated so that the forward butterflies do the inverse.
    for (let i = 0; i < half; i++) {
      const k = rev[i]!;
      const m = half - k;
      const evenRe = 0.5 * (re[k]! + re[m]!);
      const evenIm = 0.5 * (im[k]! - im[m]!);
      const diffRe = 0.5 * (re[k]! - re[m]!);
      const diffIm = 0.5 * (im[k]! + im[m]!);
      const c = this.#cos[k]!;
      const s = this.#sin[k]!;
      const oddRe = c * diffRe - s * diffIm;
      const oddIm = c * diffIm + s * diffRe;
      zr[i] = evenRe - oddIm;
      zi[i] = -(evenIm + oddRe);
    }
    this.#butterflies();
    const scale = 1 / half;
    for (let i = 0; i < half; i++) {
      output[2 * i] = zr[i]! * scale;
      output[2 * i + 1] = -zi[i]! * scale;
    }
  }

  /** Decimation in time over the packed values, which are in bit-reversed order. */
  #butterflies(): void {
    const n = this.#half;
    let span = 1;
    if (n >= 4) {
      firstTwoStages(this.#re, this.#im);
      span = 4;
    }
    for (; 4 * span <= n; span *= 4) this.#twoStages(span);
    for (; span < n; span *= 2) this.#oneStage(span);
  }

  #oneStage(span: number): void {
    const n = this.#half;
    const zr = this.#re;
    const zi = this.#im;
    const cos = this.#cos;
    const sin = this.#sin;
    // The tables run over `size` = 2n steps, hence n / span instead of n / (2 span).
    const stride = n / span;
    for (let start = 0; start < n; start += 2 * span) {
      for (let j = 0, t = 0; j < span; j++, t += stride) {
        const a = start + j;
        const b = a + span;
        const c = cos[t]!;
        const s = sin[t]!;
        const pr = zr[b]! * c + zi[b]! * s;
        const pi = zi[b]! * c - zr[b]! * s;
        const ar = zr[a]!;
        const ai = zi[a]!;
        zr[b] = ar - pr;
        zi[b] = ai - pi;
        zr[a] = ar + pr;
        zi[a] = ai + pi;
      }
    }
  }

  /** The stages of this span and twice this span in one pass, to halve the memory traffic. */
  #twoStages(span: number): void {
    const n = this.#half;
    const zr = this.#re;
    const zi = this.#im;
    const cos = this.#cos;
    const sin = this.#sin;
    const stride = n / (2 * span);
    for (let start = 0; start < n; start += 4 * span) {
      for (let j = 0, t = 0; j < span; j++, t += stride) {
        const i0 = start + j;
        const i1 = i0 + span;
        const i2 = i1 + span;
        const i3 = i2 + span;
        const c1 = cos[2 * t]!;
        const s1 = sin[2 * t]!;
        const c2 = cos[t]!;
        const s2 = sin[t]!;
        const p1r = zr[i1]! * c1 + zi[i1]! * s1;
        const p1i = zi[i1]! * c1 - zr[i1]! * s1;
        const p3r = zr[i3]! * c1 + zi[i3]! * s1;
        const p3i = zi[i3]! * c1 - zr[i3]! * s1;
        const ar = zr[i0]! + p1r;
        const ai = zi[i0]! + p1i;
        const br = zr[i0]! - p1r;
        const bi = zi[i0]! - p1i;
        const cr = zr[i2]! + p3r;
        const ci = zi[i2]! + p3i;
        const dr = zr[i2]! - p3r;
        const di = zi[i2]! - p3i;
        const q2r = cr * c2 + ci * s2;
        const q2i = ci * c2 - cr * s2;
        // The twiddle factor of the second pair is that of the first, times -i.
        const q3r = di * c2 - dr * s2;
        const q3i = -(dr * c2 + di * s2);
        zr[i0] = ar + q2r;
        zi[i0] = ai + q2i;
        zr[i1] = br + q3r;
        zi[i1] = bi + q3i;
        zr[i2] = ar - q2r;
        zi[i2] = ai - q2i;
        zr[i3] = br - q3r;
        zi[i3] = bi - q3i;
      }
    }
  }
}

/** Stages of span 1 and 2 at once: their twiddle factors are only 1 and -i. */
function firstTwoStages(zr: Float64Array, zi: Float64Array): void {
  for (let i = 0; i < zr.length; i += 4) {
    const sumRe = zr[i]! + zr[i + 1]!;
    const sumIm = zi[i]! + zi[i + 1]!;
    const diffRe = zr[i]! - zr[i + 1]!;
    const diffIm = zi[i]! - zi[i + 1]!;
    const sumRe2 = zr[i + 2]! + zr[i + 3]!;
    const sumIm2 = zi[i + 2]! + zi[i + 3]!;
    const diffRe2 = zr[i + 2]! - zr[i + 3]!;
    const diffIm2 = zi[i + 2]! - zi[i + 3]!;
    zr[i] = sumRe + sumRe2;
    zi[i] = sumIm + sumIm2;
    zr[i + 1] = diffRe + diffIm2;
    zi[i + 1] = diffIm - diffRe2;
    zr[i + 2] = sumRe - sumRe2;
    zi[i + 2] = sumIm - sumIm2;
    zr[i + 3] = diffRe - diffIm2;
    zi[i + 3] = diffIm + diffRe2;
  }
}

function bitReversal(n: number): Uint32Array {
  const table = new Uint32Array(n);
  for (let i = 1; i < n; i++) {
    table[i] = (table[i >> 1]! >> 1) | (i & 1 ? n >> 1 : 0);
  }
  return table;
}

const LARGEST_KEPT = 2 ** 18;
const plans = new Map<number, RealFft>();

/** A shared plan: do not use it again from a callback while a transform of the same size runs. */
export function realFft(size: number): RealFft {
  let plan = plans.get(size);
  if (plan === undefined) {
    plan = new RealFft(size);
    // Larger plans serve recordings over 16 s; keeping those could hold hundreds of MiB.
    if (size <= LARGEST_KEPT) plans.set(size, plan);
  }
  return plan;
}

/** Smallest power of two that is at least n (and at least 4). */
export function nextPowerOfTwo(n: number): number {
  let size = 4;
  while (size < n) size *= 2;
  return size;
}
