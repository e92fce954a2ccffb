/** The straight-through estimator (Bengio et al., arXiv:1308.3432). */
import { tf, type Tensor2D } from '../tf.ts';

/** The value of `chosen`, with the gradient handed to `latent` unchanged; both [frames, dim]. */
export function straightThrough(latent: Tensor2D, chosen: Tensor2D): Tensor2D {
  const op = tf.customGrad(() => ({
    value: tf.clone(chosen),
    gradFunc: (dy) => dy,
  }));
  return op(latent) as Tensor2D;
}
