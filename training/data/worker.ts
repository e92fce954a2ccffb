import { parentPort, workerData } from 'node:worker_threads';
import { Mixer, type MixerOptions } from './mixer.ts';

/** What the worker is started with. */
export interface WorkerSetup {
  mixer: MixerOptions;
  batchSize: number;
}

/** Main thread to worker: make this batch. */
export interface BatchRequest {
  batch: number;
}

/** Worker to main thread. Arrays are transferred. */
export interface BatchReply {
  batch: number;
  noisy: Float32Array;
  clean: Float32Array;
  mixMs: number;
  kinds: Record<string, number>;
}

const port = parentPort;
if (port !== null) {
  const { mixer: options, batchSize } = workerData as WorkerSetup;
  const mixer = new Mixer(options);
  port.on('message', ({ batch }: BatchRequest) => {
    const reply = makeBatch(mixer, batch, batchSize, options.samples);
    port.postMessage(reply, [reply.noisy.buffer as ArrayBuffer, reply.clean.buffer as ArrayBuffer]);
  });
}

/** Batch `batch` holds examples batch·batchSize and following. */
export function makeBatch(
  mixer: Mixer,
  batch: number,
  batchSize: number,
  samples: number,
): BatchReply {
  const started = performance.now();
  const noisy = new Float32Array(batchSize * samples);
  const clean = new Float32Array(batchSize * samples);
  const kinds: Record<string, number> = {};
  for (let i = 0; i < batchSize; i++) {
    const at = i * samples;
    const made = mixer.example(
      batch * batchSize + i,
      noisy.subarray(at, at + samples),
      clean.subarray(at, at + samples),
    );
    const key = made.kind === 'mixture' ? made.noise : made.kind;
    kinds[key] = (kinds[key] ?? 0) + 1;
    if (made.reverberant) kinds['reverberant'] = (kinds['reverberant'] ?? 0) + 1;
  }
  return { batch, noisy, clean, kinds, mixMs: performance.now() - started };
}
