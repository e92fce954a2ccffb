/**
 * Names and nodes of an ONNX graph under construction. It knows nothing about shapes or about single
 * operators (see onnx-graph.ts): it hands out unique names, refuses unknown values at once (where the
 * mistake is made, not when a runtime loads the file), and shares equal constants.
 */
import { dtypeOf, encodeModel } from './onnx-model.ts';
import type {
  Attribute,
  ConstantTensor,
  Dim,
  DType,
  NodeSpec,
  TensorData,
  ValueSpec,
} from './onnx-model.ts';

/** The name of a value in the graph: an input, a constant or a node's output. */
export type Value = string;

export interface OnnxGraphOptions {
  /** Operator set version; default 17. */
  readonly opset?: number;
  /** ONNX IR version; default 8, which onnxruntime >= 1.12 reads. */
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly docString?: string;
  /** Key-value pairs stored in the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

interface MutableNode extends NodeSpec {
  inputs: string[];
  outputs: string[];
}

export class OnnxGraphBase {
  readonly name: string;
  readonly opset: number;
  readonly #options: OnnxGraphOptions;
  readonly #inputs: ValueSpec[] = [];
  readonly #outputs: ValueSpec[] = [];
  readonly #initializers = new Map<string, ConstantTensor>();
  readonly #nodes: MutableNode[] = [];
  readonly #known = new Set<string>();
  readonly #nodeNames = new Set<string>();
  readonly #counters = new Map<string, number>();
  readonly #aliases = new Map<string, string>();
  readonly #shared = new Map<string, string>();

  constructor(name: string, options: OnnxGraphOptions = {}) {
    this.name = name;
    this.#options = options;
    this.opset = options.opset ?? 17;
  }

  /** Declares a graph input. */
  input(name: string, dtype: DType, dims: readonly Dim[]): Value {
    this.#claim(name);
    this.#inputs.push({ name, dtype, dims });
    return name;
  }

  /**
   * Makes `value` a graph output called `name`. A value that is itself an input, a constant or already
   * an output is passed through an Identity node, because ONNX wants distinct names.
   */
  output(value: Value, name: string, dtype: DType, dims: readonly Dim[]): Value {
    const source = this.#resolve(value);
    const isOutput = this.#outputs.some((o) => o.name === source);
    const fromNode = this.#nodes.some((n) => n.outputs.includes(source));
    if (source === name && fromNode && !isOutput) {
      // already carries the wanted name
    } else if (fromNode && !isOutput) {
      this.#claim(name);
      this.#rename(source, name);
    } else {
      this.#claim(name);
      this.#nodes.push({
        opType: 'Identity',
        name: this.#nodeName('Identity'),
        inputs: [source],
        outputs: [name],
        attributes: {},
      });
    }
    this.#outputs.push({ name, dtype, dims });
    return name;
  }

  /**
   * Adds an initializer. Data is referenced, not copied, until `toBytes`. Without a name, equal small
   * constants (up to 64 values) share one initializer.
   * @throws RangeError when dims and data length disagree.
   */
  constant(data: TensorData, dims: readonly number[] = [data.length], name?: string): Value {
    const size = dims.reduce((a, b) => a * b, 1);
    if (size !== data.length) {
      throw new RangeError(
        `constant '${name ?? ''}': dims [${dims.join()}] want ${size} values, got ${data.length}`,
      );
    }
    const dtype = dtypeOf(data);
    if (name !== undefined || data.length > 64) {
      const unique = this.#unique(name ?? 'const');
      this.#initializers.set(unique, { data, dims: [...dims] });
      return unique;
    }
    // Bytes, not values: 0 and −0 differ.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype}|${dims.join()}|${bytes.join()}`;
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = this.#unique('const');
      this.#initializers.set(shared, { data: data.slice(), dims: [...dims] });
      this.#shared.set(key, shared);
    }
    return shared;
  }

  /** A float32 scalar constant. */
  scalar(value: number): Value {
    return this.constant(new Float32Array([value]), []);
  }

  /** An int32 scalar constant (for code indices). */
  int32(value: number): Value {
    return this.constant(new Int32Array([value]), []);
  }

  /** An int64 vector constant (shapes, axes, indices). */
  int64s(values: readonly number[]): Value {
    return this.constant(
      BigInt64Array.from(values, (v) => BigInt(v)),
      [values.length],
    );
  }

  /** An int64 scalar constant. */
  int64(value: number): Value {
    return this.constant(BigInt64Array.of(BigInt(value)), []);
  }

  /**
   * Adds any node and returns its outputs. Optional inputs left out are `''`.
   * @param outputs number of outputs (default 1).
   * @param name base of the node's and its outputs' names; made unique.
   */
  node(
    opType: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
    outputs = 1,
    name: string = opType,
  ): Value[] {
    const resolved = inputs.map((v) => this.#resolve(v));
    const nodeName = this.#nodeName(name);
    const made = Array.from({ length: outputs }, (_, i) =>
      this.#unique(outputs === 1 ? nodeName : `${nodeName}.${i}`),
    );
    this.#nodes.push({ opType, name: nodeName, inputs: resolved, outputs: [...made], attributes });
    return made;
  }

  /** Like `node` for one output. */
  op(
    opType: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
    name: string = opType,
  ): Value {
    return this.node(opType, inputs, attributes, 1, name)[0]!;
  }

  /** The serialised model; the same calls in the same order give the same bytes. */
  toBytes(): Uint8Array {
    if (this.#outputs.length === 0) throw new Error(`graph '${this.name}' has no outputs`);
    const nodes = this.#neededNodes();
    const read = new Set(nodes.flatMap(({ inputs }) => inputs));
    return encodeModel({
      graphName: this.name,
      opset: this.opset,
      irVersion: this.#options.irVersion ?? 8,
      producerName: this.#options.producerName ?? 'residua',
      producerVersion: this.#options.producerVersion ?? '1',
      docString: this.#options.docString ?? '',
      metadata: this.#options.metadata ?? {},
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: new Map([...this.#initializers].filter(([name]) => read.has(name))),
      nodes,
    });
  }

  /** Nodes that an output depends on, in order: what nobody reads is not computed. */
  #neededNodes(): NodeSpec[] {
    const read = new Set(this.#outputs.map(({ name }) => name));
    const needed: NodeSpec[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((output) => read.has(output))) continue;
      for (const input of node.inputs) read.add(input);
      needed.push(node);
    }
    return needed.reverse();
  }

  #resolve(value: Value): string {
    if (value === '') return '';
    const name = this.#aliases.get(value) ?? value;
    if (!this.#known.has(name)) throw new Error(`graph '${this.name}': unknown value '${value}'`);
    return name;
  }

  #rename(from: string, to: string): void {
    for (const node of this.#nodes) {
      node.inputs = node.inputs.map((v) => (v === from ? to : v));
      node.outputs = node.outputs.map((v) => (v === from ? to : v));
    }
    this.#aliases.set(from, to);
  }

  #claim(name: string): void {
    if (name === '' || this.#known.has(name)) {
      throw new Error(
        `graph '${this.name}': the name '${name}' is ${name === '' ? 'empty' : 'taken'}`,
      );
    }
    this.#known.add(name);
  }

  #unique(base: string): string {
    const name = this.#free(base, this.#known);
    this.#known.add(name);
    return name;
  }

  #nodeName(base: string): string {
    const name = this.#free(base, this.#nodeNames);
    this.#nodeNames.add(name);
    return name;
  }

  #free(base: string, taken: ReadonlySet<string>): string {
    if (!taken.has(base)) return base;
    let n = this.#counters.get(base) ?? 0;
    let name: string;
    do name = `${base}_${++n}`;
    while (taken.has(name));
    this.#counters.set(base, n);
    return name;
  }
}
