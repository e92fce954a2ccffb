/** {@link Ops} on TensorFlow.js tensors: [batch · time, features], zero history before each example. */
import { tf, type Rank, type Tensor2D, type Tensor3D, type Variable } from '../tf.ts';
import type { History, Initializer, Ops } from './ops.ts';
import { gaussian, type Random } from './random.ts';

/** Where {@link TfOps} gets its parameters from: the live weights, or their running average. */
export interface ParameterSource {
  get(name: string, shape: readonly number[], init: Initializer): Variable;
}

/** Named trainable parameters, created on first use, in a stable order. */
export class ParameterStore implements ParameterSource {
  readonly variables = new Map<string, Variable>();
  /** Names for which no gradient is taken. */
  frozen: (name: string) => boolean = () => false;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get(name: string, shape: readonly number[], init: Initializer): Variable {
    const known = this.variables.get(name);
    if (known !== undefined) return known;
    const size = shape.reduce((a, b) => a * b, 1);
    const values = initialValues(size, init, this.#random);
    const initial = tf.tensor(values, [...shape], 'float32');
    const variable = tf.variable(initial, true, undefined, 'float32');
    this.variables.set(name, variable);
    return variable;
  }

  trainable(): [string, Variable][] {
    return [...this.variables].filter(([name]) => !this.frozen(name));
  }
}

function initialValues(size: number, init: Initializer, random: Random): Float32Array {
  const values = new Float32Array(size);
  switch (init.kind) {
    case 'zeros':
      break;
    case 'constant':
      values.fill(init.value);
      break;
    case 'normal':
      for (let i = 0; i < size; i++) values[i] = init.std * gaussian(random);
      break;
    case 'matrix':
      if (init.values.length !== size) {
        throw new RangeError(`initial matrix has ${init.values.length} values, wanted ${size}`);
      }
      values.set(init.values);
      break;
  }
  return values;
}

/** Constants live as long as the process: they are the same DFT and window matrices in every step. */
const constants = new Map<string, Tensor2D>();

export class TfOps implements Ops<Tensor2D> {
  readonly store: ParameterSource;
  readonly batch: number;
  readonly time: number;
  readonly #denoising: Tensor2D | undefined;

  /** @param denoising [batch, 1]: see {@link Ops.denoising}; default 1 for all */
  constructor(store: ParameterSource, batch: number, time: number, denoising?: Tensor2D) {
    this.store = store;
    this.batch = batch;
    this.time = time;
    this.#denoising = denoising;
  }

  denoising(): Tensor2D {
    const { batch, time } = this;
    if (this.#denoising === undefined) return tf.ones([batch * time, 1]);
    return tf.reshape(tf.tile(this.#denoising, [1, time]), [batch * time, 1]);
  }

  param(name: string, shape: readonly number[], init: Initializer): Tensor2D {
    return this.store.get(name, shape, init) as unknown as Tensor2D;
  }

  constant(name: string, values: Float32Array, shape: readonly number[]): Tensor2D {
    const key = `${name} ${shape.join()}`;
    let value = constants.get(key);
    if (value === undefined) {
      value = tf.keep(tf.tensor<Rank.R2>(values, [...shape] as [number, number], 'float32'));
      constants.set(key, value);
    }
    return value;
  }

  matmul(x: Tensor2D, w: Tensor2D): Tensor2D {
    return tf.matMul(x, w);
  }
  add(x: Tensor2D, y: Tensor2D): Tensor2D {
    return tf.add(x, y);
  }
  sub(x: Tensor2D, y: Tensor2D): Tensor2D {
    return tf.sub(x, y);
  }
  mul(x: Tensor2D, y: Tensor2D): Tensor2D {
    return tf.mul(x, y);
  }
  div(x: Tensor2D, y: Tensor2D): Tensor2D {
    return tf.div(x, y);
  }
  addScalar(x: Tensor2D, value: number): Tensor2D {
    return tf.add(x, value);
  }
  mulScalar(x: Tensor2D, value: number): Tensor2D {
    return tf.mul(x, value);
  }
  sigmoid(x: Tensor2D): Tensor2D {
    return tf.sigmoid(x);
  }
  tanh(x: Tensor2D): Tensor2D {
    return tf.tanh(x);
  }
  sin(x: Tensor2D): Tensor2D {
    return tf.sin(x);
  }
  sqrt(x: Tensor2D): Tensor2D {
    return tf.sqrt(x);
  }
  log(x: Tensor2D): Tensor2D {
    return tf.log(x);
  }
  reshape(x: Tensor2D, features: number): Tensor2D {
    return tf.reshape(x, [-1, features]);
  }
  neighbours(
    x: Tensor2D,
    features: number,
    rowsPerFrame: number,
  ): { below: Tensor2D; above: Tensor2D } {
    const padded = tf.pad(
      tf.reshape(x, [-1, rowsPerFrame, features]),
      [[0, 0], [1, 1], [0, 0]], // prettier-ignore
    );
    const from = (row: number): Tensor2D =>
      tf.reshape(tf.slice(padded, [0, row, 0], [-1, rowsPerFrame, features]), [-1, features]);
    return { below: from(0), above: from(2) };
  }
  addPerRow(x: Tensor2D, bias: Tensor2D, features: number, rowsPerFrame: number): Tensor2D {
    const whole = tf.reshape(x, [-1, rowsPerFrame * features]);
    return tf.reshape(tf.add(whole, bias), [-1, features]);
  }
  unzip(x: Tensor2D, parts: number, features: number, rowsPerFrame: number): Tensor2D[] {
    return Array.from({ length: parts }, (_, i) =>
      tf.reshape(this.columns(x, i * features, features), [-1, rowsPerFrame * features]),
    );
  }
  square(x: Tensor2D): Tensor2D {
    return tf.square(x);
  }
  pow(x: Tensor2D, exponent: number): Tensor2D {
    return powPositive(x, exponent);
  }
  concat(values: readonly Tensor2D[]): Tensor2D {
    return tf.concat([...values], 1);
  }
  columns(x: Tensor2D, start: number, size: number): Tensor2D {
    return tf.slice(x, [0, start], [-1, size]);
  }
  split(x: Tensor2D, sizes: readonly number[]): Tensor2D[] {
    return tf.split(x, [...sizes], 1);
  }
  mean(x: Tensor2D): Tensor2D {
    return tf.mean(x, 1, true);
  }

  past(_id: string, x: Tensor2D, features: number, frames: number): History<Tensor2D> {
    const sequence = tf.reshape(x, [this.batch, this.time, features]);
    const padded = tf.pad(sequence, [[0, 0], [frames, 0], [0, 0]]); // prettier-ignore
    return { value: padded as unknown as Tensor2D, frames, features };
  }

  delayed(history: History<Tensor2D>, delay: number): Tensor2D {
    const padded = history.value as unknown as Tensor3D;
    const view = tf.slice(
      padded,
      [0, history.frames - delay, 0],
      [this.batch, this.time, history.features],
    );
    return tf.reshape(view, [this.batch * this.time, history.features]);
  }

  leaky(_id: string, x: Tensor2D, features: number, decay: number): Tensor2D {
    const { batch, time } = this;
    const sequence = tf.reshape(x, [batch, time, features]) as Tensor3D;
    const averaged = tf.matMul(leakyMatrix(time, decay) as unknown as Tensor3D, sequence);
    return tf.reshape(averaged, [batch * time, features]);
  }
}

/** The largest leaky-average matrix made so far, by decay. */
const leakyMatrices = new Map<number, Tensor2D>();

/** [time, time] lower triangle of (1 − decay) · decay^(t − s): a leaky average as one matrix product. */
function leakyMatrix(time: number, decay: number): Tensor2D {
  let matrix = leakyMatrices.get(decay);
  if (matrix === undefined || matrix.shape[0] < time) {
    matrix?.dispose();
    const values = new Float32Array(time * time);
    for (let t = 0; t < time; t++) {
      for (let s = 0; s <= t; s++) values[t * time + s] = (1 - decay) * decay ** (t - s);
    }
    matrix = tf.keep(tf.tensor2d(values, [time, time]));
    leakyMatrices.set(decay, matrix);
  }
  // Only t − s matters, so a shorter one is a corner of a longer one.
  return matrix.shape[0] === time ? matrix : tf.slice(matrix, [0, 0], [time, time]);
}

/**
 * x^p for x > 0 as exp(p · ln x), whose kernels are vectorised where Pow's is not (about ten times faster),
 * with the short gradient p · x^(p−1) · dy.
 */
export function powPositive<T extends Tensor2D | Tensor3D>(x: T, exponent: number): T {
  const op = tf.customGrad((value, save) => {
    const base = value as T;
    const result = tf.exp(tf.mul(tf.log(base), exponent));
    (save as (tensors: unknown[]) => void)([base, result]);
    return {
      value: result,
      gradFunc: (dy: unknown, saved: unknown) => {
        const [input, output] = saved as [T, T];
        return tf.mul(tf.mul(dy as T, exponent), tf.div(output, input));
      },
    };
  });
  return op(x) as T;
}
