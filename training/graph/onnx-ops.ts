/**
 * {@link Ops} as ONNX nodes: [T, features] for any number T of hops, with all history in one flat
 * `state` input that comes out again as `state_out`, so that the caller can stream hop by hop.
 */
import { isHalf, toHalf } from '../export/half.ts';
import type { OnnxGraph, Value } from '../export/onnx-graph.ts';
import type { NamedTensor } from '../trainer/checkpoint.ts';
import type { History, Ops } from './ops.ts';

export type GraphValue = Value;

/** Values in a learned constant from which on it is stored in half precision. */
const HALF_FROM = 1024;

/** What `delayed` needs besides the value: its features and reach are part of {@link History}. */
interface StatePiece {
  size: number;
  next: Value;
}

export class OnnxOps implements Ops<Value> {
  readonly graph: OnnxGraph;
  readonly pieces: StatePiece[] = [];
  /** Values in all initializers added so far, learned and fixed. */
  parameterCount = 0;
  /** Multiply-accumulates of all matrix products of one frame. */
  macsPerFrame = 0;
  readonly #weights: ReadonlyMap<string, NamedTensor>;
  readonly #stateIn: readonly Value[] | undefined;
  readonly #known = new Map<string, Value>();
  readonly #shapes = new Map<Value, readonly number[]>();
  /** Values with more than one row per frame. */
  readonly #rows = new Map<Value, number>();
  readonly #leaky = new Map<number, { matrix: Value; carry: Value }>();

  /** @param stateIn the state pieces, in order of use; undefined in a first pass that only counts them. */
  constructor(
    graph: OnnxGraph,
    weights: ReadonlyMap<string, NamedTensor>,
    stateIn: readonly Value[] | undefined,
  ) {
    this.graph = graph;
    this.#weights = weights;
    this.#stateIn = stateIn;
  }

  param(name: string, shape: readonly number[]): Value {
    return this.learned(name, this.weights(name, shape), shape);
  }

  /** A constant that was learned: stored in half precision where that saves room and loses nothing. */
  learned(name: string, values: Float32Array, shape: readonly number[]): Value {
    if (values.length < HALF_FROM || !isHalf(values)) return this.constant(name, values, shape);
    let value = this.#known.get(name);
    if (value === undefined) {
      const stored = this.graph.constant(toHalf(values), [...shape], name);
      value = this.graph.cast(stored, 'float32');
      this.#remember(name, value, values.length, shape);
    }
    return value;
  }

  /** The values of a parameter, for what is computed once at export. */
  weights(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) throw new Error(`the checkpoint has no parameter "${name}"`);
    if (tensor.shape.join() !== shape.join()) {
      throw new Error(`parameter "${name}" is [${tensor.shape.join()}], wanted [${shape.join()}]`);
    }
    return tensor.values;
  }

  constant(name: string, values: Float32Array, shape: readonly number[]): Value {
    let value = this.#known.get(name);
    if (value === undefined) {
      value = this.graph.constant(values, [...shape], name);
      this.#remember(name, value, values.length, shape);
    }
    return value;
  }

  #remember(name: string, value: Value, count: number, shape: readonly number[]): void {
    this.#known.set(name, value);
    this.#shapes.set(value, shape);
    this.parameterCount += count;
  }

  matmul(x: Value, w: Value): Value {
    const shape = this.#shapes.get(w);
    if (shape === undefined) throw new Error('matmul wants a parameter or constant on the right');
    this.macsPerFrame += this.#rowsOf(x) * shape.reduce((a, b) => a * b, 1);
    return this.#like(x, this.graph.matMul(x, w));
  }
  add(x: Value, y: Value): Value {
    return this.#like(x, this.graph.add(x, y));
  }
  sub(x: Value, y: Value): Value {
    return this.#like(x, this.graph.sub(x, y));
  }
  mul(x: Value, y: Value): Value {
    return this.#like(x, this.graph.mul(x, y));
  }
  div(x: Value, y: Value): Value {
    return this.#like(x, this.graph.div(x, y));
  }
  addScalar(x: Value, value: number): Value {
    return this.#like(x, this.graph.add(x, value));
  }
  mulScalar(x: Value, value: number): Value {
    return this.#like(x, this.graph.mul(x, value));
  }
  sigmoid(x: Value): Value {
    return this.#like(x, this.graph.sigmoid(x));
  }
  tanh(x: Value): Value {
    return this.#like(x, this.graph.tanh(x));
  }
  sin(x: Value): Value {
    return this.#like(x, this.graph.sin(x));
  }
  sqrt(x: Value): Value {
    return this.#like(x, this.graph.sqrt(x));
  }
  log(x: Value): Value {
    return this.#like(x, this.graph.log(x));
  }
  square(x: Value): Value {
    return this.#like(x, this.graph.mul(x, x));
  }
  pow(x: Value, exponent: number): Value {
    return this.#like(x, this.graph.pow(x, exponent));
  }
  reshape(x: Value, features: number, rowsPerFrame: number): Value {
    const value = this.graph.reshape(x, [-1, features]);
    this.#rows.set(value, rowsPerFrame);
    return value;
  }
  concat(values: readonly Value[]): Value {
    return this.#like(values[0]!, this.graph.concat(values, 1));
  }
  columns(x: Value, start: number, size: number): Value {
    return this.#like(x, this.graph.narrow(x, start, start + size, 1));
  }
  mean(x: Value): Value {
    return this.#like(x, this.graph.reduceMean(x, [1], { keepDims: true }));
  }

  #rowsOf(x: Value): number {
    return this.#rows.get(x) ?? 1;
  }

  /** `made` has as many rows per frame as `x`. */
  #like(x: Value, made: Value): Value {
    const rows = this.#rowsOf(x);
    if (rows !== 1) this.#rows.set(made, rows);
    return made;
  }

  past(_id: string, x: Value, features: number, frames: number): History<Value> {
    if (frames === 0) return { value: x, frames, features };
    const size = frames * features;
    const index = this.pieces.length;
    const flat =
      this.#stateIn?.[index] ?? this.graph.constant(new Float32Array(size), [size], 'no-state');
    const before = this.graph.reshape(flat, [frames, features]);
    const value = this.graph.concat([before, x], 0);
    const last = this.graph.narrow(value, -frames, Infinity, 0);
    this.pieces.push({ size, next: this.graph.reshape(last, [size]) });
    return { value, frames, features };
  }

  delayed(history: History<Value>, delay: number): Value {
    if (history.frames === 0) return history.value;
    const start = history.frames - delay;
    return this.graph.narrow(history.value, start, delay === 0 ? Infinity : -delay, 0);
  }

  leaky(_id: string, x: Value, features: number, decay: number): Value {
    const g = this.graph;
    const index = this.pieces.length;
    const flat =
      this.#stateIn?.[index] ?? g.constant(new Float32Array(features), [features], 'no-state');
    const { matrix, carry } = this.#leakyWeights(x, decay);
    const before = g.mul(carry, g.reshape(flat, [1, features]));
    const value = g.add(g.matMul(matrix, x), before);
    const last = g.narrow(value, -1, Infinity, 0);
    this.pieces.push({ size: features, next: g.reshape(last, [features]) });
    return value;
  }

  /**
   * For T frames: [T, T] weights (1 − decay) · decay^(t − s), s ≤ t, and [T, 1] decay^(t + 1), what is left
   * of the state. Made once per decay; all values have one row per frame.
   */
  #leakyWeights(x: Value, decay: number): { matrix: Value; carry: Value } {
    const g = this.graph;
    let weights = this.#leaky.get(decay);
    if (weights === undefined) {
      const frames = g.squeeze(g.narrow(g.shape(x), 0, 1, 0), [0]);
      const range = g.cast(g.range(frames), 'float32');
      const t = g.unsqueeze(range, [1]);
      const age = g.sub(t, g.unsqueeze(range, [0]));
      const base = g.scalar(decay);
      const raised = g.mul(g.pow(base, g.max(age, 0)), 1 - decay);
      weights = {
        matrix: g.where(g.less(age, 0), 0, raised),
        carry: g.pow(base, g.add(t, 1)),
      };
      this.#leaky.set(decay, weights);
    }
    return weights;
  }
}
