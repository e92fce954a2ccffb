/**
 * Orthogonalised momentum for weight matrices (Muon: K. Jordan et al. 2024,
 * https://kellerjordan.github.io/posts/muon/), scaled so that learning rate and weight decay mean what they
 * mean for AdamW (Liu et al., "Muon is scalable for LLM training", arXiv:2502.16982, eq. 4).
 */
import { tf, type Tensor, type Tensor2D } from '../tf.ts';

/** Root-mean-square of an update's entries per unit learning rate, about that of AdamW. */
export const UPDATE_RMS = 0.6;
const ROUNDS = 5;
/** Coefficients of the odd quintic that drives all singular values towards 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/**
 * The nearest semi-orthogonal matrices, roughly (singular values end between 0.7 and 1.2), by five
 * Newton–Schulz rounds, times √(longer side) · {@link UPDATE_RMS}.
 * @param matrices all of one shape [rows, columns]; zeros stay zeros
 */
export function orthogonalise(matrices: readonly Tensor2D[]): Tensor2D[] {
  return tf.tidy(() => {
    const [rows, columns] = matrices[0]!.shape;
    const tall = rows > columns;
    let x: Tensor = tf.stack([...matrices]);
    if (tall) x = tf.transpose(x, [0, 2, 1]);
    const norm = tf.sqrt(tf.sum(tf.square(x), [1, 2], true));
    x = tf.div(x, tf.add(norm, 1e-12));
    for (let round = 0; round < ROUNDS; round++) {
      const square = tf.matMul(x, x, false, true);
      const mixed = tf.add(tf.mul(square, B), tf.mul(tf.matMul(square, square), C));
      x = tf.add(tf.mul(x, A), tf.matMul(mixed, x));
    }
    if (tall) x = tf.transpose(x, [0, 2, 1]);
    return tf.unstack(tf.mul(x, UPDATE_RMS * Math.sqrt(Math.max(rows, columns)))) as Tensor2D[];
  });
}
