/** A trained network as two ONNX graphs: noisy hop → codes (or latent), and codes (or latent) → clean hop. */
import { OnnxOps, type GraphValue } from '../graph/onnx-ops.ts';
import type { NamedTensor } from '../trainer/checkpoint.ts';
import type { Network } from '../trainer/network.ts';
import { OnnxGraph, type OnnxGraphOptions } from './onnx-graph.ts';

export interface BuiltGraph {
  bytes: Uint8Array;
  /** Values in the flat state. */
  stateSize: number;
  /** Values in all initializers, learned and fixed. */
  parameters: number;
  macsPerHop: number;
}

export interface BuiltGraphs {
  encoder: BuiltGraph;
  decoder: BuiltGraph;
}

/** @param weights parameters by name, see training/trainer/checkpoint.ts. */
export function buildGraphs(
  network: Network,
  weights: ReadonlyMap<string, NamedTensor>,
): BuiltGraphs {
  const { quantizer, config } = network;
  const { hopSamples, latentDim } = config;
  const continuous = quantizer.codebooks === 0;
  const port = continuous
    ? ({ name: 'latent', type: 'float32', width: latentDim } as const)
    : ({ name: 'codes', type: 'int32', width: quantizer.codebooks } as const);
  const hop = { name: 'hop', type: 'float32', width: hopSamples } as const;
  return {
    encoder: buildGraph('encoder', weights, hop, port, (ops, x) =>
      quantizer.exportEncoder(ops, network.encode(ops, x)),
    ),
    decoder: buildGraph('decoder', weights, port, hop, (ops, x) =>
      network.decode(ops, quantizer.exportDecoder(ops, x)),
    ),
  };
}

export interface GraphPort {
  name: string;
  type: 'float32' | 'int32';
  width: number;
}

/** One graph; `body` turns the values of the input port into those of the output port. */
export function buildGraph(
  name: string,
  weights: ReadonlyMap<string, NamedTensor>,
  input: GraphPort,
  output: GraphPort,
  body: (ops: OnnxOps, x: GraphValue) => GraphValue,
): BuiltGraph {
  const options: OnnxGraphOptions = { producerName: 'residua' };
  // A first pass finds how much state there is, so that the second can declare and split it.
  const draft = new OnnxGraph(name, options);
  const counting = new OnnxOps(draft, weights, undefined);
  body(counting, draft.input(input.name, input.type, [1, input.width]));
  const sizes = counting.pieces.map(({ size }) => size);
  const stateSize = sizes.reduce((a, b) => a + b, 0);

  const graph = new OnnxGraph(name, options);
  const x = graph.input(input.name, input.type, [1, input.width]);
  const state = graph.input('state', 'float32', [stateSize]);
  const row = graph.reshape(state, [1, stateSize]);
  const ops = new OnnxOps(graph, weights, graph.split(row, sizes, 1));
  graph.output(body(ops, x), output.name, output.type, [1, output.width]);
  const next = graph.concat(
    ops.pieces.flatMap((piece) => piece.next),
    1,
  );
  graph.output(graph.reshape(next, [stateSize]), 'state_out', 'float32', [stateSize]);
  return {
    bytes: graph.toBytes(),
    stateSize,
    parameters: ops.parameterCount,
    macsPerHop: ops.macsPerFrame,
  };
}
