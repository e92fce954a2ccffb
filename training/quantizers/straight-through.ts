/** How the gradient crosses the choice of a code. */
import { tf, type Tensor2D } from '../tf.ts';

/** `rotation` carries it through the rotation and scaling that take the latent to its code. */
export type GradientEstimate = 'straight-through' | 'rotation';

/**
 * The value of `chosen`, with the gradient handed to `latent`; both [frames, dim].
 * - straight-through: unchanged (Bengio et al., arXiv:1308.3432)
 * - rotation: through the map that rotates and scales each latent onto its code, taken as a constant
 *   (Fifty et al., "Restructuring vector quantization with the rotation trick", arXiv:2410.06424, eq. 2–4)
 */
export function straightThrough(
  latent: Tensor2D,
  chosen: Tensor2D,
  estimate: GradientEstimate = 'straight-through',
): Tensor2D {
  const op = tf.customGrad((value, save) => {
    const from = value as Tensor2D;
    // Saved, not closed over: what the forward pass makes is gone by the time of the gradient.
    if (estimate === 'rotation') (save as (tensors: unknown[]) => void)([from, chosen]);
    return {
      value: tf.clone(chosen),
      gradFunc: (dy: unknown, saved: unknown) =>
        estimate === 'rotation'
          ? rotateBack(dy as Tensor2D, ...(saved as [Tensor2D, Tensor2D]))
          : (dy as Tensor2D),
    };
  });
  return op(latent) as Tensor2D;
}

/** λ Rᵀ dy with R = I − 2 r rᵀ + 2 q̂ êᵀ, r = (ê + q̂)/‖ê + q̂‖ and λ = ‖q‖/‖e‖. */
function rotateBack(dy: Tensor2D, latent: Tensor2D, chosen: Tensor2D): Tensor2D {
  const length = (x: Tensor2D): Tensor2D =>
    tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12)) as Tensor2D;
  const along = (x: Tensor2D): Tensor2D => tf.sum(tf.mul(x, dy), 1, true) as Tensor2D;
  const from = length(latent);
  const to = length(chosen);
  const e = tf.div(latent, from) as Tensor2D;
  const q = tf.div(chosen, to) as Tensor2D;
  const sum = tf.add(e, q) as Tensor2D;
  const r = tf.div(sum, length(sum)) as Tensor2D;
  const rotated = tf.add(
    tf.sub(dy, tf.mul(r, tf.mul(along(r), 2))),
    tf.mul(e, tf.mul(along(q), 2)),
  );
  return tf.mul(rotated, tf.div(to, from)) as Tensor2D;
}
