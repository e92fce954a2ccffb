/**
 * Penalty on uneven use of a codebook: ln(size) minus the entropy of the mean soft assignment, 0 when all
 * codes are equally likely over the batch (the diversity term of Baevski et al., "wav2vec 2.0",
 * arXiv:2006.11477, eq. 4, on distance-based assignments).
 */
import { tf, type Scalar, type Tensor2D } from '../tf.ts';

/** Distances are measured against the mean squared length of the points, times this. */
const SOFTNESS = 0.1;

/** @param points [frames, dim]; @param codes [size, dim] */
export function balancePenalty(points: Tensor2D, codes: Tensor2D): Scalar {
  const dot = tf.matMul(points, codes, false, true);
  const distance = tf.sub(tf.sum(tf.square(codes), 1), tf.mul(dot, 2));
  const spread = tf.add(tf.mean(tf.sum(tf.square(points), 1)), 1e-6);
  return entropyGap(tf.softmax(tf.neg(tf.div(distance, tf.mul(spread, SOFTNESS)))) as Tensor2D);
}

/** ln(size) − H(mean over rows), in nats; probabilities [frames, size]. */
export function entropyGap(probabilities: Tensor2D): Scalar {
  const mean = tf.mean(probabilities, 0);
  const negativeEntropy = tf.sum(tf.mul(mean, tf.log(tf.add(mean, 1e-9))));
  return tf.add(negativeEntropy, Math.log(probabilities.shape[1])) as Scalar;
}
