/**
 * A small, typed ONNX graph builder: one method per operator, values are names, shapes are left to the
 * runtime. Operator semantics: https://onnx.ai/onnx/operators/ (opset 17 unless chosen otherwise).
 *
 * @example
 * const g = new OnnxGraph('encoder');
 * const hop = g.input('hop', 'float32', ['T', 160]);
 * const y = g.tanh(g.add(g.matMul(hop, g.constant(weights, [160, 32])), 0.5));
 * g.output(y, 'latent', 'float32', ['T', 32]);
 * const bytes = g.toBytes();
 */
import { OnnxGraphBase } from './onnx-graph-base.ts';
import type { Value } from './onnx-graph-base.ts';
import { dataTypeCode } from './onnx-model.ts';
import type { Attribute, DType } from './onnx-model.ts';

export type { OnnxGraphOptions, Value } from './onnx-graph-base.ts';
export type { Attribute, ConstantTensor, Dim, DType, TensorData } from './onnx-model.ts';

/** A value, or a number that becomes a float32 scalar constant. */
export type Operand = Value | number;

export interface GemmOptions {
  readonly alpha?: number;
  readonly beta?: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
}

/** Convolution options; arrays have one entry per spatial axis, `pads` two (begins, then ends). */
export interface ConvOptions {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly pads?: readonly number[];
  readonly group?: number;
}

export interface ConvTransposeOptions extends ConvOptions {
  readonly outputPadding?: readonly number[];
}

export interface GruOptions {
  readonly hiddenSize: number;
  /** [directions, 6·hidden] biases; absent: zero. */
  readonly bias?: Value;
  /** [directions, batch, hidden] state; absent: zero. */
  readonly initialH?: Value;
  /** true: the reset gate acts after the recurrent product, as cuDNN, Keras and PyTorch do. Default true. */
  readonly linearBeforeReset?: boolean;
}

export interface ReduceOptions {
  /** Default false. */
  readonly keepDims?: boolean;
}

/** Larger than any dimension: "to the end" in Slice. */
const TO_END = 2 ** 53 - 1;

/** WebGPU guarantees 8 storage buffers per shader; Split takes one for its input. */
const MAX_SPLIT = 7;

export class OnnxGraph extends OnnxGraphBase {
  // Arithmetic ---------------------------------------------------------------------------------------

  /** Matrix product with numpy broadcasting of leading axes. */
  matMul(a: Value, b: Value): Value {
    return this.op('MatMul', [a, b]);
  }

  /** alpha·A·B + beta·C on 2-D values. */
  gemm(a: Value, b: Value, c?: Value, options: GemmOptions = {}): Value {
    const attributes: Record<string, Attribute> = {
      alpha: { float: options.alpha ?? 1 },
      beta: { float: options.beta ?? 1 },
      transA: options.transA ? 1 : 0,
      transB: options.transB ? 1 : 0,
    };
    return this.op('Gemm', c === undefined ? [a, b] : [a, b, c], attributes);
  }

  add(a: Operand, b: Operand): Value {
    return this.#binary('Add', a, b);
  }
  sub(a: Operand, b: Operand): Value {
    return this.#binary('Sub', a, b);
  }
  mul(a: Operand, b: Operand): Value {
    return this.#binary('Mul', a, b);
  }
  div(a: Operand, b: Operand): Value {
    return this.#binary('Div', a, b);
  }
  pow(a: Operand, b: Operand): Value {
    return this.#binary('Pow', a, b);
  }
  max(a: Operand, b: Operand): Value {
    return this.#binary('Max', a, b);
  }
  min(a: Operand, b: Operand): Value {
    return this.#binary('Min', a, b);
  }

  neg(x: Value): Value {
    return this.op('Neg', [x]);
  }
  abs(x: Value): Value {
    return this.op('Abs', [x]);
  }
  sign(x: Value): Value {
    return this.op('Sign', [x]);
  }
  sqrt(x: Value): Value {
    return this.op('Sqrt', [x]);
  }
  exp(x: Value): Value {
    return this.op('Exp', [x]);
  }
  log(x: Value): Value {
    return this.op('Log', [x]);
  }
  erf(x: Value): Value {
    return this.op('Erf', [x]);
  }
  round(x: Value): Value {
    return this.op('Round', [x]);
  }
  floor(x: Value): Value {
    return this.op('Floor', [x]);
  }
  sin(x: Value): Value {
    return this.op('Sin', [x]);
  }
  cos(x: Value): Value {
    return this.op('Cos', [x]);
  }

  /** Limits to [low, high]; either may be left out. */
  clip(x: Value, low?: Operand, high?: Operand): Value {
    const inputs = [x, low === undefined ? '' : this.#operand(low)];
    if (high !== undefined) inputs.push(this.#operand(high));
    return this.op('Clip', inputs);
  }

  // Activations --------------------------------------------------------------------------------------

  sigmoid(x: Value): Value {
    return this.op('Sigmoid', [x]);
  }
  tanh(x: Value): Value {
    return this.op('Tanh', [x]);
  }
  relu(x: Value): Value {
    return this.op('Relu', [x]);
  }
  softplus(x: Value): Value {
    return this.op('Softplus', [x]);
  }
  softmax(x: Value, axis = -1): Value {
    return this.op('Softmax', [x], { axis });
  }
  leakyRelu(x: Value, alpha: number): Value {
    return this.op('LeakyRelu', [x], { alpha: { float: alpha } });
  }
  elu(x: Value, alpha = 1): Value {
    return this.op('Elu', [x], { alpha: { float: alpha } });
  }
  /** `slope` must broadcast to x without enlarging it. */
  pRelu(x: Value, slope: Value): Value {
    return this.op('PRelu', [x, slope]);
  }
  /** x·sigmoid(x), also called swish. */
  silu(x: Value): Value {
    return this.mul(x, this.sigmoid(x));
  }
  /** Exact (erf) GELU; one operator from opset 20 on, and fused by onnxruntime before. */
  gelu(x: Value): Value {
    if (this.opset >= 20) return this.op('Gelu', [x]);
    const half = this.mul(x, 0.5);
    return this.mul(half, this.add(this.erf(this.div(x, Math.SQRT2)), 1));
  }

  // Shape --------------------------------------------------------------------------------------------

  concat(values: readonly Value[], axis: number): Value {
    return this.op('Concat', values, { axis });
  }

  /**
   * x[starts:ends:steps] along `axes`, all constant. An end of `Infinity` means "to the end"; negative
   * numbers count from the end.
   */
  slice(
    x: Value,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[] = starts.map((_, i) => i),
    steps: readonly number[] = starts.map(() => 1),
  ): Value {
    const clampedEnds = ends.map((e) => Math.max(-TO_END, Math.min(TO_END, e)));
    return this.op('Slice', [
      x,
      this.int64s(starts),
      this.int64s(clampedEnds),
      this.int64s(axes),
      this.int64s(steps),
    ]);
  }

  /** Columns [start, end) of one axis (default: the last). */
  narrow(x: Value, start: number, end: number, axis = -1): Value {
    return this.slice(x, [start], [end], [axis]);
  }

  /** `shape` may hold one −1 (inferred) and 0 (copied from the input). */
  reshape(x: Value, shape: readonly number[] | Value): Value {
    return this.op('Reshape', [x, typeof shape === 'string' ? shape : this.int64s(shape)]);
  }
  transpose(x: Value, perm: readonly number[]): Value {
    return this.op('Transpose', [x], { perm });
  }
  squeeze(x: Value, axes: readonly number[]): Value {
    return this.op('Squeeze', [x, this.int64s(axes)]);
  }
  unsqueeze(x: Value, axes: readonly number[]): Value {
    return this.op('Unsqueeze', [x, this.int64s(axes)]);
  }
  /** Broadcasts to `shape`, numpy rules. */
  expand(x: Value, shape: readonly number[] | Value): Value {
    return this.op('Expand', [x, typeof shape === 'string' ? shape : this.int64s(shape)]);
  }
  /** The int64 shape vector. */
  shape(x: Value): Value {
    return this.op('Shape', [x]);
  }
  /**
   * Cuts one axis into consecutive parts. More than `MAX_SPLIT` parts become a tree of Split nodes,
   * because a WebGPU shader binds only so many buffers.
   */
  split(x: Value, sizes: readonly number[], axis = -1): Value[] {
    if (sizes.length <= MAX_SPLIT) {
      return this.node('Split', [x, this.int64s(sizes)], { axis }, sizes.length);
    }
    const groups: number[][] = [];
    const perGroup = Math.ceil(sizes.length / MAX_SPLIT);
    for (let at = 0; at < sizes.length; at += perGroup) groups.push(sizes.slice(at, at + perGroup));
    const total = (group: readonly number[]) => group.reduce((a, b) => a + b, 0);
    const parts = this.split(x, groups.map(total), axis);
    return groups.flatMap((group, i) =>
      group.length === 1 ? [parts[i]!] : this.split(parts[i]!, group, axis),
    );
  }
  /** Zero padding; `pads` holds the begins of all axes, then the ends. */
  pad(x: Value, pads: readonly number[], value = 0): Value {
    return this.op('Pad', [x, this.int64s(pads), this.scalar(value)]);
  }
  gather(x: Value, indices: Value, axis = 0): Value {
    return this.op('Gather', [x, indices], { axis });
  }
  /** y[i, j] = x[i, indices[i, j]] for axis 1, and so on; indices of x's rank. */
  gatherElements(x: Value, indices: Value, axis: number): Value {
    return this.op('GatherElements', [x, indices], { axis });
  }
  cast(x: Value, to: DType): Value {
    return this.op('Cast', [x], { to: dataTypeCode(to) });
  }
  identity(x: Value): Value {
    return this.op('Identity', [x]);
  }

  // Reductions and comparisons -----------------------------------------------------------------------

  reduceSum(x: Value, axes: readonly number[], options: ReduceOptions = {}): Value {
    return this.#reduce('ReduceSum', 13, x, axes, options);
  }
  reduceMean(x: Value, axes: readonly number[], options: ReduceOptions = {}): Value {
    return this.#reduce('ReduceMean', 18, x, axes, options);
  }
  reduceMax(x: Value, axes: readonly number[], options: ReduceOptions = {}): Value {
    return this.#reduce('ReduceMax', 18, x, axes, options);
  }
  /** √Σx², the Euclidean norm. */
  reduceL2(x: Value, axes: readonly number[], options: ReduceOptions = {}): Value {
    return this.#reduce('ReduceL2', 18, x, axes, options);
  }
  /** int64 index of the largest value; the first one among equals. */
  argMax(x: Value, axis: number, options: ReduceOptions = {}): Value {
    return this.op('ArgMax', [x], { axis, keepdims: options.keepDims ? 1 : 0 });
  }
  /** int64 index of the smallest value; the first one among equals. */
  argMin(x: Value, axis: number, options: ReduceOptions = {}): Value {
    return this.op('ArgMin', [x], { axis, keepdims: options.keepDims ? 1 : 0 });
  }
  where(condition: Value, a: Operand, b: Operand): Value {
    return this.op('Where', [condition, this.#operand(a), this.#operand(b)]);
  }
  equal(a: Operand, b: Operand): Value {
    return this.#binary('Equal', a, b);
  }
  less(a: Operand, b: Operand): Value {
    return this.#binary('Less', a, b);
  }
  greaterOrEqual(a: Operand, b: Operand): Value {
    return this.#binary('GreaterOrEqual', a, b);
  }

  // Layers -------------------------------------------------------------------------------------------

  /** x [N, C, …], weights [M, C/group, k…], bias [M]. */
  conv(x: Value, weights: Value, bias?: Value, options: ConvOptions = {}): Value {
    const inputs = bias === undefined ? [x, weights] : [x, weights, bias];
    return this.op('Conv', inputs, convAttributes(options));
  }

  /** x [N, C, …], weights [C, M/group, k…], bias [M]. */
  convTranspose(x: Value, weights: Value, bias?: Value, options: ConvTransposeOptions = {}): Value {
    const inputs = bias === undefined ? [x, weights] : [x, weights, bias];
    const attributes = convAttributes(options);
    if (options.outputPadding) attributes['output_padding'] = options.outputPadding;
    return this.op('ConvTranspose', inputs, attributes);
  }

  /**
   * Forward GRU: x [T, N, I], w [1, 3H, I], r [1, 3H, H], gates in the order z, r, h.
   * @returns `y` [T, 1, N, H] and the last state `yH` [1, N, H].
   */
  gru(x: Value, w: Value, r: Value, options: GruOptions): { y: Value; yH: Value } {
    const inputs = [x, w, r, options.bias ?? '', '', options.initialH ?? ''];
    while (inputs.at(-1) === '') inputs.pop();
    const attributes = {
      hidden_size: options.hiddenSize,
      linear_before_reset: (options.linearBeforeReset ?? true) ? 1 : 0,
    };
    const [y, yH] = this.node('GRU', inputs, attributes, 2);
    return { y: y!, yH: yH! };
  }

  layerNormalization(x: Value, scale: Value, bias?: Value, axis = -1, epsilon = 1e-5): Value {
    const inputs = bias === undefined ? [x, scale] : [x, scale, bias];
    return this.op('LayerNormalization', inputs, { axis, epsilon: { float: epsilon } });
  }

  #binary(opType: string, a: Operand, b: Operand): Value {
    return this.op(opType, [this.#operand(a), this.#operand(b)]);
  }

  #operand(x: Operand): Value {
    return typeof x === 'number' ? this.scalar(x) : x;
  }

  /** Axes moved from an attribute to an input at an opset that differs per reduction. */
  #reduce(
    opType: string,
    axesInputSince: number,
    x: Value,
    axes: readonly number[],
    options: ReduceOptions,
  ): Value {
    const keepdims = options.keepDims ? 1 : 0;
    return this.opset >= axesInputSince
      ? this.op(opType, [x, this.int64s(axes)], { keepdims })
      : this.op(opType, [x], { axes, keepdims });
  }
}

function convAttributes(options: ConvOptions): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = {};
  if (options.strides) attributes['strides'] = options.strides;
  if (options.dilations) attributes['dilations'] = options.dilations;
  if (options.pads) attributes['pads'] = options.pads;
  if (options.group !== undefined) attributes['group'] = options.group;
  return attributes;
}
