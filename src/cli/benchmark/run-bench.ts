import { ResiduaError } from '../../common/errors.ts';
import { forkModule } from '../../common/fork-module.ts';
import type { BenchFigures, BenchRequest, FromBench } from './worker.ts';

/** Starts are noisy: the median of this many is reported. */
const COLD_STARTS = 3;

export interface BenchResult extends BenchFigures {
  /** From starting the process to the first hop out, median of three. */
  coldStartMs: number;
}

/** Times one quantizer in fresh processes. */
export async function runBench(request: BenchRequest): Promise<BenchResult> {
  const starts: number[] = [];
  for (let i = 1; i < COLD_STARTS; i++) {
    starts.push((await inFreshProcess({ ...request, seconds: 0 })).coldStartMs);
  }
  const { figures, coldStartMs } = await inFreshProcess(request);
  starts.push(coldStartMs);
  starts.sort((a, b) => a - b);
  return { ...figures!, coldStartMs: Math.round(starts[Math.floor(starts.length / 2)]!) };
}

async function inFreshProcess(
  request: BenchRequest,
): Promise<{ figures: BenchFigures | undefined; coldStartMs: number }> {
  const started = performance.now();
  const worker = forkModule(new URL('./worker.ts', import.meta.url));
  try {
    return await new Promise((resolve, reject) => {
      let coldStartMs = 0;
      worker.on('message', (message: FromBench) => {
        switch (message.type) {
          case 'ready':
            worker.send(request);
            break;
          case 'first-hop':
            coldStartMs = performance.now() - started;
            break;
          case 'done':
            resolve({ figures: message.figures, coldStartMs });
            break;
          case 'failed': {
            const { code, message: text, hint } = message.error;
            reject(new ResiduaError(code, text, hint === undefined ? {} : { hint }));
          }
        }
      });
      worker.on('error', reject);
      worker.on('exit', (status, signal) =>
        reject(new ResiduaError('WORKER_DIED', `the timed process ended (${signal ?? status})`)),
      );
    });
  } finally {
    worker.removeAllListeners();
    worker.kill('SIGKILL');
  }
}
