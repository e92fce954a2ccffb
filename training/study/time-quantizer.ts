/**
 * Times the quantizer of a checkpoint alone, search and lookup, in the runtime that the app uses:
 * `node --import tsx training/study/time-quantizer.ts --checkpoint DIR`. Prints {"quantizerMs": …}.
 */
import { parseArgs } from 'node:util';
import { exitCodeOf, UsageError } from '../../src/common/errors.ts';
import { percentiles } from '../../src/common/statistics.ts';
import { OrtLoader } from '../../src/inference/onnxruntime/loader.ts';
import type { Model } from '../../src/inference/port.ts';
import { buildGraph, type GraphPort } from '../export/build-graphs.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { errorLine } from '../log/error-line.ts';
import { readCheckpoint, type NamedTensor } from '../trainer/checkpoint.ts';
import { parseTrainConfig } from '../trainer/config.ts';
import { Trainer } from '../trainer/trainer.ts';

const HOPS = 2000;
/** Not counted: code is still being compiled. */
const WARM_UP = 200;

async function main(): Promise<void> {
  const { checkpoint } = parseArgs({ options: { checkpoint: { type: 'string' } } }).values;
  if (checkpoint === undefined)
    throw new UsageError('Which checkpoint? --checkpoint DIR is missing.');
  const { meta, tensors } = await readCheckpoint(checkpoint);
  const trainer = new Trainer(parseTrainConfig(meta.config, checkpoint));
  await trainer.resume(checkpoint);
  const weights = new Map<string, NamedTensor>();
  for (const name of trainer.store.variables.keys()) {
    weights.set(name, (tensors.get(`ema/${name}`) ?? tensors.get(`param/${name}`))!);
  }
  const { quantizer, config } = trainer.network;
  const dim = config.latentDim;
  const latent = { name: 'latent', type: 'float32', width: dim } as const;
  const quantized = { name: 'quantized', type: 'float32', width: dim } as const;
  const codes = { name: 'codes', type: 'int32', width: quantizer.codebooks } as const;
  // A graph has state; this one passes its input through it unchanged.
  const through = (ops: OnnxOps, x: GraphValue, width: number): GraphValue =>
    ops.delayed(ops.past('through', x, width, 1), 0);

  const load = (
    from: GraphPort,
    to: GraphPort,
    body: (ops: OnnxOps, x: GraphValue) => GraphValue,
  ) => {
    const { bytes, stateSize } = buildGraph('quantizer', weights, from, to, body);
    return new OrtLoader().load(bytes, { input: from, output: to, stateSize });
  };
  const search = await load(latent, codes, (ops, x) =>
    quantizer.exportEncoder(ops, through(ops, x, dim)),
  );
  const lookup = await load(codes, quantized, (ops, x) => {
    const out = quantizer.exportDecoder(ops, x);
    return through(ops, out.latent, dim);
  });
  const nothing = await load(latent, quantized, (ops, x) => through(ops, x, dim));

  const random = mulberry32(3);
  const point = (into: Model): void => {
    for (let i = 0; i < dim; i++) into.input[i] = gaussian(random);
  };
  const hop: number[] = [];
  const empty: number[] = [];
  // In turns, so that both see the same load of the machine.
  for (let i = -WARM_UP; i < HOPS; i++) {
    point(search);
    let started = performance.now();
    await search.step();
    lookup.input.set(search.output);
    await lookup.step();
    if (i >= 0) hop.push(performance.now() - started);
    point(nothing);
    started = performance.now();
    await nothing.step();
    await nothing.step();
    if (i >= 0) empty.push(performance.now() - started);
  }
  // Running a graph costs time whatever is in it, and the whole codec pays for that without a quantizer too.
  const overhead = percentiles(empty).p50;
  const { p50, p95 } = percentiles(hop);
  const over = (ms: number): number => Math.round(Math.max(0, ms - overhead) * 1e4) / 1e4;
  process.stdout.write(`${JSON.stringify({ quantizerMs: { p50: over(p50), p95: over(p95) } })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorLine(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
