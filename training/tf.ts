/**
 * The one TensorFlow.js instance of the trainer, on the fastest backend that this machine has.
 *
 * Order: tfjs-node-gpu (CUDA), tfjs-node (native libtensorflow), WebGPU, wasm, cpu. The first that
 * loads is used; why each earlier one was passed over is kept in `backendReport`, and the trainer prints
 * it. `RESIDUA_TF_BACKEND=node-gpu|node|webgpu|wasm|cpu` asks for one by name and fails if it is missing.
 * `RESIDUA_TFJS_NODE` names a folder with a tfjs-node package built by scripts/install-tfjs-node.sh.
 */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as TF from '@tensorflow/tfjs';
import { ResiduaError } from '../src/common/errors.ts';

export type TensorFlow = typeof TF;
export type { Rank, Scalar, Tensor, Tensor2D, Tensor3D, Variable } from '@tensorflow/tfjs';

export type BackendName = 'node-gpu' | 'node' | 'webgpu' | 'wasm' | 'cpu';
const ORDER: readonly BackendName[] = ['node-gpu', 'node', 'webgpu', 'wasm', 'cpu'];

export interface BackendReport {
  backend: BackendName;
  /** One line per backend that was tried and did not load. */
  passedOver: string[];
}

const require = createRequire(import.meta.url);

/** Folders that may hold a native tfjs-node, most specific first. */
function tfjsNodeCandidates(): string[] {
  const named = process.env['RESIDUA_TFJS_NODE'];
  return [
    ...(named === undefined ? [] : [named]),
    join(homedir(), '.cache', 'residua', 'tfjs-node'),
  ];
}

function loadTfjsNode(): TensorFlow {
  for (const folder of tfjsNodeCandidates()) {
    for (const entry of [
      join(folder, 'dist', 'index.js'),
      join(folder, 'package', 'dist', 'index.js'),
      join(folder, 'node_modules', '@tensorflow', 'tfjs-node', 'dist', 'index.js'),
    ]) {
      if (existsSync(entry)) return require(entry) as TensorFlow;
    }
  }
  return require('@tensorflow/tfjs-node') as TensorFlow;
}

async function loadBackend(name: BackendName): Promise<TensorFlow> {
  if (name === 'node-gpu') return require('@tensorflow/tfjs-node-gpu') as TensorFlow;
  if (name === 'node') return loadTfjsNode();
  const tf = require('@tensorflow/tfjs') as TensorFlow;
  if (name === 'webgpu') {
    // Both packages are optional: Dawn for Node (npm `webgpu`) and tfjs's backend over it.
    const dawn = require('webgpu') as { create(flags: string[]): object; globals: object };
    Object.assign(globalThis, dawn.globals);
    Object.defineProperty(globalThis, 'navigator', {
      value: { gpu: dawn.create([]) },
      configurable: true,
    });
    require('@tensorflow/tfjs-backend-webgpu');
  }
  if (name === 'wasm') {
    const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(prefix: string): void };
    wasm.setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + '/');
  }
  if (!(await tf.setBackend(name))) throw new Error(`tfjs refused the ${name} backend`);
  await tf.ready();
  return tf;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

async function load(): Promise<{ tf: TensorFlow; report: BackendReport }> {
  const wanted = process.env['RESIDUA_TF_BACKEND'] as BackendName | undefined;
  if (wanted !== undefined && !ORDER.includes(wanted)) {
    throw new ResiduaError('TF_BACKEND', `Unknown RESIDUA_TF_BACKEND "${wanted}".`, {
      hint: `Use one of ${ORDER.join(', ')}.`,
    });
  }
  const passedOver: string[] = [];
  for (const name of wanted === undefined ? ORDER : [wanted]) {
    try {
      return { tf: await loadBackend(name), report: { backend: name, passedOver } };
    } catch (error) {
      passedOver.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new ResiduaError('TF_BACKEND', `No TensorFlow.js backend loads: ${passedOver.join('; ')}`, {
    hint: 'Run npm install, or scripts/install-tfjs-node.sh for the native one.',
  });
}

const loaded = await load();
export const tf: TensorFlow = loaded.tf;
export const backendReport: BackendReport = loaded.report;
