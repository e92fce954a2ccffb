/**
 * {@link Ops} as ONNX nodes: [T, features] for any number T of hops, with all history in one flat
 * `state` input that comes out again as `state_out`, so that the caller can stream hop by hop.
 */
import type { OnnxGraph, Value } from '../export/onnx-graph.ts';
import type { NamedTensor } from '../trainer/checkpoint.ts';
import type { History, Ops } from './ops.ts';

export type GraphValue = Value;

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
    const tensor = this.#weights.get(name);
    if (tensor === undefined) throw new Error(`the checkpoint has no parameter "${name}"`);
    if (tensor.shape.join() !== shape.join()) {
      throw new Error(`parameter "${name}" is [${tensor.shape.join()}], wanted [${shape.join()}]`);
    }
    return this.constant(name, tensor.values, shape);
  }

  constant(name: string, values: Float32Array, shape: readonly number[]): Value {
    let value = this.#known.get(name);
    if (value === undefined) {
      value = this.graph.constant(values, [...shape], name);
      this.#known.set(name, value);
      this.#shapes.set(value, shape);
      this.parameterCount += values.length;
    }
    return value;
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
}
