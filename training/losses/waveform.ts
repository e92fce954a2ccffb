/** Waveform loss: error energy on a logarithmic scale, so that every decibel weighs the same. */
import { tf, type Scalar, type Tensor2D } from '../tf.ts';

/**
 * Mean over the batch of 10·log10((‖estimate − target‖² + δ·‖mixture‖²) / ‖mixture‖²), in dB, all [batch, samples].
 * Relative to the mixture, so it is defined for silent targets and clean inputs alike; δ bounds what one
 * easy example can gain (soft threshold, Wisdom et al., arXiv:1911.00118 eq. 2). Lower is better.
 */
export function logErrorDb(
  estimate: Tensor2D,
  target: Tensor2D,
  mixture: Tensor2D,
  delta = 1e-3,
): Scalar {
  const energy = (x: Tensor2D): Tensor2D => tf.sum(tf.square(x), 1) as unknown as Tensor2D;
  const reference = tf.add(energy(mixture), 1e-8);
  const error = tf.add(energy(tf.sub(estimate, target)), tf.mul(reference, delta));
  return tf.mul(tf.mean(tf.log(tf.div(error, reference))), 10 / Math.LN10) as Scalar;
}
