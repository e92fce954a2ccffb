import type { ChildProcess } from 'node:child_process';
import { ResiduaError } from '../../common/errors.ts';
import { forkModule } from '../../common/fork-module.ts';
import type { PairRequest, PairResult } from './pair-job.ts';
import type { Variant } from './variants.ts';
import type { FromWorker, ToWorker } from './worker.ts';

export interface PoolOptions {
  modelFolder: string;
  provider: string;
  variants: Variant[];
  /** Processes to use, ≥ 1. */
  jobs: number;
  onDone: (done: number) => void;
}

/**
 * Evaluates pairs in several processes, because the quality measures cost far more than the codec.
 * @returns one result per request, in order
 * @throws ResiduaError the first failure of any worker
 */
export async function evaluateInPool(
  requests: readonly PairRequest[],
  options: PoolOptions,
): Promise<PairResult[]> {
  const results = new Array<PairResult>(requests.length);
  const workers: ChildProcess[] = [];
  let next = 0;
  let done = 0;
  const runWorker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = forkModule(new URL('./worker.ts', import.meta.url));
      workers.push(worker);
      const send = (message: ToWorker): void => void worker.send(message);
      const feed = (): void => {
        if (next >= requests.length) {
          resolve();
          return;
        }
        const index = next++;
        send({ type: 'pair', index, request: requests[index]! });
      };
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'failed') {
          const { code, message: text, hint } = message.error;
          reject(new ResiduaError(code, text, hint === undefined ? {} : { hint }));
          return;
        }
        if (message.type === 'result') {
          results[message.index] = message.result;
          options.onDone(++done);
        }
        feed();
      });
      worker.on('error', reject);
      worker.on('exit', (status, signal) =>
        reject(
          new ResiduaError('WORKER_DIED', `an evaluation process ended (${signal ?? status})`),
        ),
      );
      const { modelFolder, provider, variants } = options;
      send({ type: 'start', modelFolder, provider, variants });
    });
  try {
    const count = Math.max(1, Math.min(options.jobs, requests.length));
    await Promise.all(Array.from({ length: count }, runWorker));
    return results;
  } finally {
    for (const worker of workers) {
      worker.removeAllListeners();
      worker.kill('SIGKILL');
    }
  }
}
