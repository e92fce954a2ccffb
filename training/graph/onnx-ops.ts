/**
 * {@link Ops} as ONNX nodes for one hop at a time: values are [1, features], history comes in as `state` and goes
 * out as `state_out`, so that the caller can stream. A frame is so little work that the runtime's cost per node
 * counts (about a microsecond each): hence one frame per call, which needs no node that depends on how many there are.
 */
import { isHalf, toHalf } from '../export/half.ts';
import type { OnnxGraph, Value } from '../export/onnx-graph.ts';
import type { NamedTensor } from '../trainer/checkpoint.ts';
import type { History, Ops } from './ops.ts';

export type GraphValue = Value;

/** Values in a learned constant from which on it is stored in half precision. */
const HALF_FROM = 1024;

/** One piece of the state. */
interface StatePiece {
  size: number;
  /** [1, n] each: what it is after this frame, side by side. */
  next: readonly Value[];
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
  /** The frames before a history's own, [1, frames · features], oldest first. */
  readonly #before = new WeakMap<History<Value>, Value>();

  /** @param stateIn the state pieces [1, size], in order of use; undefined in a first pass that only counts them. */
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
    // Not x · x: this is what the runtime recognises as part of an RMS norm, which it does in one node.
    return this.#like(x, this.graph.pow(x, 2));
  }
  pow(x: Value, exponent: number): Value {
    return this.#like(x, this.graph.pow(x, exponent));
  }
  reshape(x: Value, features: number, rowsPerFrame: number): Value {
    return this.#withRows(rowsPerFrame, this.graph.reshape(x, [rowsPerFrame, features]));
  }
  neighbours(x: Value, features: number, rowsPerFrame: number): { below: Value; above: Value } {
    const g = this.graph;
    const zeros = g.constant(new Float32Array(features), [1, features]);
    const padded = g.concat([zeros, x, zeros], 0);
    return {
      below: this.#like(x, g.narrow(padded, 0, rowsPerFrame, 0)),
      above: this.#like(x, g.narrow(padded, 2, rowsPerFrame + 2, 0)),
    };
  }
  addPerRow(x: Value, bias: Value, features: number, rowsPerFrame: number): Value {
    // A reshaped constant: the runtime does that once, when it loads the graph.
    return this.#like(x, this.graph.add(x, this.graph.reshape(bias, [rowsPerFrame, features])));
  }
  unzip(x: Value, parts: number, features: number, rowsPerFrame: number): Value[] {
    const g = this.graph;
    const apart = g.transpose(g.reshape(x, [rowsPerFrame, parts, features]), [1, 0, 2]);
    const sizes = new Array<number>(parts).fill(rowsPerFrame * features);
    return g.split(g.reshape(apart, [1, parts * rowsPerFrame * features]), sizes, 1);
  }
  concat(values: readonly Value[]): Value {
    return this.#like(values[0]!, this.graph.concat(values, 1));
  }
  columns(x: Value, start: number, size: number): Value {
    return this.#like(x, this.graph.narrow(x, start, start + size, 1));
  }
  split(x: Value, sizes: readonly number[]): Value[] {
    return this.graph.split(x, sizes, 1).map((part) => this.#like(x, part));
  }
  mean(x: Value): Value {
    return this.#like(x, this.graph.reduceMean(x, [1], { keepDims: true }));
  }

  #rowsOf(x: Value): number {
    return this.#rows.get(x) ?? 1;
  }

  /** `made` has as many rows per frame as `x`. */
  #like(x: Value, made: Value): Value {
    return this.#withRows(this.#rowsOf(x), made);
  }

  #withRows(rows: number, made: Value): Value {
    if (rows !== 1) this.#rows.set(made, rows);
    return made;
  }

  denoising(): Value {
    return this.graph.constant(Float32Array.of(1), [1, 1]);
  }

  past(_id: string, x: Value, features: number, frames: number): History<Value> {
    const history: History<Value> = { value: x, frames, features };
    if (frames === 0) return history;
    const size = frames * features;
    const before = this.#stateOf(size);
    this.#before.set(history, before);
    const kept = frames === 1 ? [] : [this.graph.narrow(before, features, size, 1)];
    this.pieces.push({ size, next: [...kept, x] });
    return history;
  }

  delayed(history: History<Value>, delay: number): Value {
    const { value, frames, features } = history;
    if (delay === 0) return value;
    const before = this.#before.get(history)!;
    const start = (frames - delay) * features;
    return frames === 1 ? before : this.graph.narrow(before, start, start + features, 1);
  }

  leaky(_id: string, x: Value, features: number, decay: number): Value {
    const g = this.graph;
    const before = this.#stateOf(features);
    const value = g.add(g.mul(x, 1 - decay), g.mul(before, decay));
    this.pieces.push({ size: features, next: [value] });
    return value;
  }

  /** The next piece of the state, [1, size]. */
  #stateOf(size: number): Value {
    const given = this.#stateIn?.[this.pieces.length];
    return given ?? this.graph.constant(new Float32Array(size), [1, size], 'no-state');
  }
}
