/** Principal directions, for projections that start where the energy is. */
import { gaussian, type Random } from '../graph/random.ts';
import { tf, type Tensor2D } from '../tf.ts';

const ROUNDS = 30;

/**
 * Orthonormal directions that hold most of the points' energy, the strongest first, by orthogonal iteration on
 * their second moments (Golub & Van Loan, "Matrix Computations", §8.2.4).
 * @param points [n, dim]
 * @returns row-major [dim, count]
 */
export function principalDirections(points: Tensor2D, count: number, random: Random): Float32Array {
  const dim = points.shape[1];
  const moments = tf.tidy(() => tf.matMul(points, points, true, false).dataSync() as Float32Array);
  let basis = Array.from({ length: count }, () =>
    Float64Array.from({ length: dim }, () => gaussian(random)),
  );
  orthonormalise(basis, random);
  for (let round = 0; round < ROUNDS; round++) {
    basis = basis.map((vector) => {
      const next = new Float64Array(dim);
      for (let a = 0; a < dim; a++) {
        let sum = 0;
        for (let b = 0; b < dim; b++) sum += moments[a * dim + b]! * vector[b]!;
        next[a] = sum;
      }
      return next;
    });
    orthonormalise(basis, random);
  }
  const columns = new Float32Array(dim * count);
  basis.forEach((vector, c) => vector.forEach((x, d) => (columns[d * count + c] = x)));
  return columns;
}

/** Gram–Schmidt, twice for accuracy; a vector that vanishes starts anew at random. */
function orthonormalise(basis: Float64Array[], random: Random): void {
  basis.forEach((vector, i) => {
    const before = Math.sqrt(dot(vector, vector));
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) subtract(vector, basis[j]!);
    }
    if (!(Math.sqrt(dot(vector, vector)) > 1e-9 * before)) {
      for (let d = 0; d < vector.length; d++) vector[d] = gaussian(random);
      for (let pass = 0; pass < 2; pass++) {
        for (let j = 0; j < i; j++) subtract(vector, basis[j]!);
      }
    }
    const scale = 1 / Math.sqrt(dot(vector, vector));
    for (let d = 0; d < vector.length; d++) vector[d]! *= scale;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}

/** Takes out of `vector` what lies along the unit vector `along`. */
function subtract(vector: Float64Array, along: Float64Array): void {
  const share = dot(vector, along);
  for (let d = 0; d < vector.length; d++) vector[d]! -= share * along[d]!;
}
