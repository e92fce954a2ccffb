import { describe, expect, it } from 'vitest';
import { tf, type Tensor2D } from '../tf.ts';
import { straightThrough, type GradientEstimate } from './straight-through.ts';

/** Gradient of ⟨dy, straightThrough(latent)⟩ with respect to the latent. */
function gradient(
  latent: number[][],
  chosen: number[][],
  dy: number[][],
  estimate: GradientEstimate,
): number[][] {
  return tf.tidy(() => {
    const code = tf.tensor2d(chosen);
    const along = tf.tensor2d(dy);
    const f = tf.grad((x) => {
      // Made within the forward pass, as quantizers do.
      const made = tf.mul(code, 1) as Tensor2D;
      return tf.sum(tf.mul(straightThrough(x as Tensor2D, made, estimate), along));
    });
    return f(tf.tensor2d(latent)).arraySync() as number[][];
  });
}

function close(actual: number[][], expected: number[][]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((row, i) => row.forEach((x, d) => expect(x).toBeCloseTo(expected[i]![d]!, 4)));
}

describe.each(['straight-through', 'rotation'] as const)('%s', (estimate) => {
  it('has the value of the chosen code', () => {
    const chosen = [[3, -4], [0, 0]]; // prettier-ignore
    const latent = tf.tensor2d([[1, 2], [5, 6]]); // prettier-ignore
    const result = straightThrough(latent, tf.tensor2d(chosen), estimate);
    expect(result.arraySync()).toEqual(chosen);
  });

  it('hands no gradient to the chosen code', () => {
    const latent = tf.tensor2d([[1, 2]]);
    const f = tf.grad((code) =>
      tf.sum(tf.add(straightThrough(latent, tf.mul(code, 5), estimate), tf.mul(code, 7))),
    );
    expect(f(tf.tensor2d([[1, 2]])).arraySync()).toEqual([[7, 7]]);
  });

  it('is the identity where the latent is its code', () => {
    const at = [[0.3, -2, 1], [4, 0, 0]]; // prettier-ignore
    const dy = [[1, 2, 3], [-1, 0.5, 2]]; // prettier-ignore
    close(gradient(at, at, dy, estimate), dy);
  });
});

it('straight-through leaves the gradient as it is', () => {
  close(gradient([[1, 0]], [[0, 9]], [[2, 3]], 'straight-through'), [[2, 3]]);
});

describe('rotation', () => {
  it('turns the gradient back by the angle from latent to code and scales it', () => {
    // Latent (2, 0) → code (0, 3): R turns by +90°, λ = 3/2. R maps (1, 0) → (0, 1) and (0, 1) → (−1, 0), so
    // Rᵀ maps (0, 1) → (1, 0) and (1, 0) → (0, −1): dy = (5, 7) becomes 1.5 · (7, −5).
    close(gradient([[2, 0]], [[0, 3]], [[5, 7]], 'rotation'), [[10.5, -7.5]]);
  });

  it('agrees with the rotation matrix at any angle', () => {
    const angle = 0.7;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const latent = [1.2, -0.5];
    const code = [0.8 * (cos * 1.2 + sin * 0.5), 0.8 * (sin * 1.2 - cos * 0.5)];
    const [a, b] = [0.4, -1.1];
    const expected = [0.8 * (cos * a + sin * b), 0.8 * (-sin * a + cos * b)];
    close(gradient([latent], [code], [[a, b]], 'rotation'), [expected]);
  });

  it('only scales what is at right angles to both', () => {
    close(gradient([[2, 0, 0]], [[0, 3, 0]], [[0, 0, 1]], 'rotation'), [[0, 0, 1.5]]);
  });

  it('treats every frame by itself', () => {
    const both = gradient([[2, 0], [1, 1]], [[0, 3], [2, 1]], [[5, 7], [1, -2]], 'rotation'); // prettier-ignore
    close(both, [
      ...gradient([[2, 0]], [[0, 3]], [[5, 7]], 'rotation'),
      ...gradient([[1, 1]], [[2, 1]], [[1, -2]], 'rotation'),
    ]);
  });

  it('stays finite for opposite directions, and for a latent or code of zero', () => {
    const found = gradient([[1, 0], [0, 0], [1, 2]], [[-2, 0], [1, 1], [0, 0]], [[1, 1], [1, 1], [1, 1]], 'rotation'); // prettier-ignore
    expect(found.flat().every(Number.isFinite)).toBe(true);
    close([found[2]!], [[0, 0]]);
  });
});
