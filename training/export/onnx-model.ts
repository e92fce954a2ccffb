/**
 * The typed bridge to the official ONNX schema (onnx.proto through the `onnx-proto` package): tensors,
 * attributes, nodes and the final model bytes. No protobuf detail leaves this file.
 *
 * Source: https://github.com/onnx/onnx/blob/main/docs/IR.md
 */
import onnxProto from 'onnx-proto';
import type { onnx as schema } from 'onnx-proto';

const { onnx } = onnxProto;
const { AttributeType } = onnx.AttributeProto;
const { DataType } = onnx.TensorProto;

/** Element types a graph value can have here. */
export type DType = 'float32' | 'float16' | 'int32' | 'int64' | 'bool';

/** A dimension: a fixed size, or the name of a symbolic one such as `'T'`. */
export type Dim = number | string;

/** Constant data; the array type fixes the element type (`Uint16Array` holds float16 bits, `Uint8Array` bool). */
export type TensorData = Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;

export interface ConstantTensor {
  readonly data: TensorData;
  readonly dims: readonly number[];
}

/**
 * A node attribute. Plain numbers and number arrays are ONNX `INT`/`INTS` and must be integers; floats
 * are written explicitly, because JavaScript cannot tell 1 from 1.0.
 */
export type Attribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: ConstantTensor };

export interface NodeSpec {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface ValueSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly Dim[];
}

export interface ModelSpec {
  readonly graphName: string;
  readonly opset: number;
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly docString: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly initializers: ReadonlyMap<string, ConstantTensor>;
  readonly nodes: readonly NodeSpec[];
}

const DATA_TYPE: Readonly<Record<DType, schema.TensorProto.DataType>> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
};

/** ONNX enum value of an element type, as the `to` attribute of Cast wants it. */
export function dataTypeCode(dtype: DType): number {
  return DATA_TYPE[dtype];
}

export function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint16Array) return 'float16';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  return 'bool';
}

/** Serialises a model; equal specs give equal bytes. */
export function encodeModel(spec: ModelSpec): Uint8Array {
  const message: schema.IModelProto = {
    irVersion: spec.irVersion,
    opsetImport: [{ domain: '', version: spec.opset }],
    producerName: spec.producerName,
    producerVersion: spec.producerVersion,
    docString: spec.docString,
    metadataProps: Object.entries(spec.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: spec.graphName,
      input: spec.inputs.map(valueInfo),
      output: spec.outputs.map(valueInfo),
      initializer: [...spec.initializers].map(([name, tensor]) => tensorProto(tensor, name)),
      node: spec.nodes.map(nodeProto),
    },
  };
  // protobufjs hands out a view into its pool: copy, so that the caller owns the whole buffer.
  return new Uint8Array(onnx.ModelProto.encode(message).finish());
}

function valueInfo(value: ValueSpec): schema.IValueInfoProto {
  const dim = value.dims.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return {
    name: value.name,
    type: { tensorType: { elemType: DATA_TYPE[value.dtype], shape: { dim } } },
  };
}

function tensorProto(tensor: ConstantTensor, name: string): schema.ITensorProto {
  const { data } = tensor;
  // raw_data is little-endian, which is what every platform Node runs on uses natively.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    name,
    dims: [...tensor.dims],
    dataType: DATA_TYPE[dtypeOf(data)],
    rawData: bytes,
  };
}

function nodeProto(node: NodeSpec): schema.INodeProto {
  return {
    name: node.name,
    opType: node.opType,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
  };
}

function attributeProto(name: string, value: Attribute): schema.IAttributeProto {
  if (typeof value === 'number') {
    return { name, type: AttributeType.INT, i: integer(name, value) };
  }
  if (typeof value === 'string') {
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  }
  if (isArray(value)) {
    return { name, type: AttributeType.INTS, ints: value.map((v) => integer(name, v)) };
  }
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('floats' in value) return { name, type: AttributeType.FLOATS, floats: [...value.floats] };
  return { name, type: AttributeType.TENSOR, t: tensorProto(value.tensor, '') };
}

function isArray(value: Attribute): value is readonly number[] {
  return Array.isArray(value);
}

function integer(name: string, value: number): number {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`attribute '${name}': ${value} is no integer; write { float: ${value} }`);
  }
  return value;
}
