/**
 * The codec's worker, inside: a loop that sleeps on the doorbell in shared memory and works when there is
 * sound. Its entry file is a composition root, which knows the runtime:
 *
 * @example
 * serveCodec(() => new OrtLoader());
 */
import { toProblem } from '../common/problem.ts';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { loadModel, type LoadedModel } from '../codec/model-folder.ts';
import { createCodecSession } from '../codec/session.ts';
import { FallbackLoader } from '../inference/fallback.ts';
import type { ModelLoader } from '../inference/port.ts';
import { CodecMemory, slots } from './codec-memory.ts';
import { CodecPump } from './codec-pump.ts';
import type { RunnerReport } from './codec-runner.ts';
import { disposeSessions, openSessions } from './live-session.ts';
import {
  monotonicMs,
  type FromWorker,
  type ToWorker,
  type WorkerStart,
} from './worker-protocol.ts';

/** Longest sleep; only a guard, since everything that matters rings. */
const SLEEP_MS = 1000;
/** A second of sound; takes a tenth of one. */
const WARM_UP_HOPS = 100;

/** Call once, as the last thing an entry file does. */
export function serveCodec(createLoader: () => ModelLoader): void {
  const port = parentPort;
  if (!port) throw new Error('the codec worker runs in a worker thread only');
  const post = (message: FromWorker): void => port.postMessage(message);
  // Keeps the thread alive between hops; messages are fetched, not waited for.
  port.ref();
  run(workerData as WorkerStart, createLoader(), post).then(
    () => port.unref(),
    (error: unknown) => {
      post({ type: 'failed', problem: toProblem(error) });
      port.unref();
    },
  );
}

async function run(
  start: WorkerStart,
  loader: ModelLoader,
  post: (message: FromWorker) => void,
): Promise<void> {
  const { clockOffsetMs, controls } = start;
  const memory = new CodecMemory(start.memory);
  const report = (said: RunnerReport): void => post({ type: 'report', report: said });
  const model = await loadModel(start.modelFolder);
  const sessions = await openAll(model, start, loader, report);
  const pump = new CodecPump({
    manifest: model.manifest,
    memory,
    sessions,
    controls,
    nowMs: () => monotonicMs() + clockOffsetMs,
    report,
  });
  await pump.warmUp(WARM_UP_HOPS);
  post({ type: 'ready' });
  for (;;) {
    // Looked at first: whoever rings from here on cuts the sleep short.
    const bell = memory.count('doorbell');
    let isDisposed = false;
    for (
      let got = receiveMessageOnPort(parentPort!);
      got;
      got = receiveMessageOnPort(parentPort!)
    ) {
      const message = got.message as ToWorker;
      if (message.type === 'controls') pump.update(message.controls);
      else if (message.type === 'reset') {
        pump.reset();
        post({ type: 'reset', id: message.id });
      } else isDisposed = true;
    }
    if (isDisposed) break;
    if (!(await pump.step())) Atomics.wait(memory.status, slots.doorbell, bell, SLEEP_MS);
  }
  await disposeSessions(sessions);
}

/** The provider is measured on the bare runtime; in use it has the cpu behind it. */
async function openAll(
  model: LoadedModel,
  { provider, controls }: WorkerStart,
  loader: ModelLoader,
  report: (report: RunnerReport) => void,
) {
  const { quantizer } = controls;
  let chosen: { readonly provider: string; readonly reason?: string } = { provider };
  if (provider === 'auto') {
    const probe = await createCodecSession(model, loader, { quantizer, provider });
    const { providerChoice: choice } = probe;
    await probe.dispose();
    chosen = choice ? { provider: choice.provider, reason: choice.reason } : chosen;
  }
  const withFallback = new FallbackLoader(loader, {
    onFallback: ({ from, to, problem }) => {
      report({ type: 'fallback', from, to, problem: toProblem(problem) });
      report({ type: 'provider', name: to, reason: problem.message });
    },
  });
  return openSessions(
    model.manifest,
    (id, on) => createCodecSession(model, withFallback, { quantizer: id, provider: on }),
    { quantizer, ...chosen },
  );
}
