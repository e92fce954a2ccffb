/**
 * The few operations the networks are written in, so that one description of a model serves both the
 * trainer (tf-ops.ts, whole batches) and the exporter (onnx-ops.ts, one hop at a time with explicit state).
 *
 * Every value is a matrix [frames, features] (the trainer folds batch and time into `frames`) unless a
 * parameter or constant says otherwise. All operations act on one frame at a time except `past` / `delayed`
 * and `leaky`, which are therefore the only sources of temporal context, and of state.
 */

/** How a parameter starts. `normal` is N(0, std²); `matrix` copies the given values. */
export type Initializer =
  | { kind: 'zeros' }
  | { kind: 'constant'; value: number }
  | { kind: 'normal'; std: number }
  | { kind: 'matrix'; values: Float32Array };

/** A value together with the frames that came before it. */
export interface History<V> {
  readonly value: V;
  /** How many past frames can be seen. */
  readonly frames: number;
  readonly features: number;
}

export interface Ops<V> {
  /** A trainable parameter; the same name always gives the same parameter. */
  param(name: string, shape: readonly number[], init: Initializer): V;
  /** A fixed matrix or row vector, identified by name and shape. */
  constant(name: string, values: Float32Array, shape: readonly number[]): V;
  matmul(x: V, w: V): V;
  add(x: V, y: V): V;
  sub(x: V, y: V): V;
  mul(x: V, y: V): V;
  div(x: V, y: V): V;
  addScalar(x: V, value: number): V;
  mulScalar(x: V, value: number): V;
  sigmoid(x: V): V;
  tanh(x: V): V;
  sin(x: V): V;
  sqrt(x: V): V;
  /** Natural logarithm, x > 0. */
  log(x: V): V;
  square(x: V): V;
  /** Elementwise x^exponent for x > 0. */
  pow(x: V, exponent: number): V;
  /** The same numbers as `rowsPerFrame` rows of `features`: splits each frame, or joins it again. */
  reshape(x: V, features: number, rowsPerFrame: number): V;
  /**
   * Each row beside its neighbour within the frame, zeros beyond the edges: row r − 1 in `below`, r + 1 in `above`.
   * x, and both, [frames · rowsPerFrame, features].
   */
  neighbours(x: V, features: number, rowsPerFrame: number): { below: V; above: V };
  /** x [frames · rowsPerFrame, features] + bias [rowsPerFrame · features], the same for every frame. */
  addPerRow(x: V, bias: V, features: number, rowsPerFrame: number): V;
  /** x [frames · rowsPerFrame, parts · features] → its `parts`, each [frames, rowsPerFrame · features]. */
  unzip(x: V, parts: number, features: number, rowsPerFrame: number): V[];
  /** Joins along features. */
  concat(values: readonly V[]): V;
  /** Features [start, start + size). */
  columns(x: V, start: number, size: number): V;
  /** Consecutive features in parts of these sizes, which add up to all of them. */
  split(x: V, sizes: readonly number[]): V[];
  /** Mean over features, shape [frames, 1]. */
  mean(x: V): V;
  /** [frames, 1]: 1 where noise is to be taken away, 0 where the sound is wanted as it came. */
  denoising(): V;
  /** Gives access to up to `frames` earlier frames of x (zeros before the start). */
  past(id: string, x: V, features: number, frames: number): History<V>;
  /** x as it was `delay` frames ago, 0 ≤ delay ≤ history.frames. */
  delayed(history: History<V>, delay: number): V;
  /** Leaky average over time, y[t] = decay · y[t−1] + (1 − decay) · x[t], y[−1] = 0, per feature. */
  leaky(id: string, x: V, features: number, decay: number): V;
}
