/** MUSHRA's low anchor, ITU-R BS.1534-3, 5.1: low-pass at 3.5 kHz; at least 25 dB down at 4 and 50 dB at 4.5 kHz. */

const PASS_HZ = 3500;
const STOP_HZ = 4000;
const STOP_DB = 60;
/** Output frames per turn of the event loop: the window stays responsive. */
const BLOCK = 16_384;

/**
 * Kaiser-windowed sinc with a linear phase, an odd number of taps that add up to 1.
 * @throws RangeError for a rate that cannot hold the transition band
 */
export function anchorTaps(sampleRateHz: number): Float64Array {
  if (!(sampleRateHz >= 2 * STOP_HZ) || !Number.isFinite(sampleRateHz)) {
    throw new RangeError(`no 3.5 kHz anchor at ${sampleRateHz} Hz`);
  }
  const width = (2 * Math.PI * (STOP_HZ - PASS_HZ)) / sampleRateHz;
  const half = Math.ceil((STOP_DB - 7.95) / (2.285 * width) / 2);
  const beta = 0.1102 * (STOP_DB - 8.7);
  const cutoff = (PASS_HZ + STOP_HZ) / 2 / sampleRateHz; // cycles per sample
  const taps = new Float64Array(2 * half + 1);
  let sum = 0;
  for (let i = 0; i < taps.length; i++) {
    const x = i - half;
    const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
    const window = bessel0(beta * Math.sqrt(1 - (x / half) ** 2)) / bessel0(beta);
    taps[i] = sinc * window;
    sum += taps[i]!;
  }
  return taps.map((tap) => tap / sum);
}

/** @returns the anchor of `reference`: as long, and aligned with it */
export async function renderAnchor(
  reference: Float32Array,
  sampleRateHz: number,
): Promise<Float32Array<ArrayBuffer>> {
  const taps = anchorTaps(sampleRateHz);
  const half = taps.length >> 1;
  const padded = new Float32Array(reference.length + 2 * half);
  padded.set(reference, half);
  const output = new Float32Array(reference.length);
  for (let start = 0; start < output.length; start += BLOCK) {
    if (start > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    const end = Math.min(output.length, start + BLOCK);
    for (let n = start; n < end; n++) {
      let sum = taps[half]! * padded[n + half]!;
      // The taps are symmetric: one multiplication for two samples.
      for (let k = 0, last = n + 2 * half; k < half; k++) {
        sum += taps[k]! * (padded[n + k]! + padded[last - k]!);
      }
      output[n] = sum;
    }
  }
  return output;
}

/** Modified Bessel function of the first kind, order zero, by its series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-16; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
