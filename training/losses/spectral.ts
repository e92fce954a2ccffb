/**
 * Multi-resolution compressed spectral loss, as used for the FastEnhancer and GTCRN families:
 * distance of power-compressed magnitudes plus distance of complex spectra with compressed magnitude
 * (Braun & Tashev, "A consolidated view of loss functions for supervised deep learning-based speech
 * enhancement", arXiv:2009.12286), exponent 0.3.
 */
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { powPositive } from '../graph/tf-ops.ts';

const COMPRESSION = 0.3;
const POWER_FLOOR = 1e-6;

/** Analysis matrices by window length: Hann window, scaled so that unit-variance noise gives |X|² ≈ 1. */
const matrices = new Map<number, Tensor2D>();

function analysisMatrix(window: number): Tensor2D {
  const known = matrices.get(window);
  if (known !== undefined) return known;
  const bins = window / 2 + 1;
  const values = new Float32Array(window * 2 * bins);
  const scale = 1 / Math.sqrt((3 / 8) * window);
  for (let n = 0; n < window; n++) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / window);
    for (let k = 0; k < bins; k++) {
      const angle = (2 * Math.PI * ((n * k) % window)) / window;
      values[n * 2 * bins + k] = hann * scale * Math.cos(angle);
      values[n * 2 * bins + bins + k] = -hann * scale * Math.sin(angle);
    }
  }
  const matrix = tf.keep(tf.tensor2d(values, [window, 2 * bins]));
  matrices.set(window, matrix);
  return matrix;
}

/** [batch, samples] → [batch · frames, window], half-overlapping; a last partial frame is left out. */
function halfOverlapFrames(signal: Tensor2D, window: number): Tensor2D {
  const [batch, samples] = signal.shape;
  const hop = window / 2;
  const hops = Math.floor(samples / hop);
  const blocks = tf.reshape(tf.slice(signal, [0, 0], [batch, hops * hop]), [batch, hops, hop]);
  const first = tf.slice(blocks, [0, 0, 0], [batch, hops - 1, hop]);
  const second = tf.slice(blocks, [0, 1, 0], [batch, hops - 1, hop]);
  return tf.reshape(tf.concat([first, second], 2), [batch * (hops - 1), window]);
}

interface Compressed {
  magnitude: Tensor2D;
  real: Tensor2D;
  imaginary: Tensor2D;
}

function compressedSpectrum(signal: Tensor2D, window: number): Compressed {
  const spectrum = tf.matMul(halfOverlapFrames(signal, window), analysisMatrix(window));
  const bins = window / 2 + 1;
  const re = tf.slice(spectrum, [0, 0], [-1, bins]);
  const im = tf.slice(spectrum, [0, bins], [-1, bins]);
  const power = tf.add(tf.add(tf.square(re), tf.square(im)), POWER_FLOOR) as Tensor2D;
  const gain = powPositive(power, (COMPRESSION - 1) / 2);
  return {
    magnitude: powPositive(power, COMPRESSION / 2),
    real: tf.mul(re, gain),
    imaginary: tf.mul(im, gain),
  };
}

/** Mean squared compressed distances of one resolution; signals [batch, samples] at about unit RMS. */
export function spectralDistance(
  estimate: Tensor2D,
  target: Tensor2D,
  window: number,
): { magnitude: Scalar; complex: Scalar } {
  const e = compressedSpectrum(estimate, window);
  const t = compressedSpectrum(target, window);
  const mse = (a: Tensor2D, b: Tensor2D): Scalar => tf.mean(tf.squaredDifference(a, b)) as Scalar;
  return {
    magnitude: mse(e.magnitude, t.magnitude),
    complex: tf.add(mse(e.real, t.real), mse(e.imaginary, t.imaginary)) as Scalar,
  };
}
