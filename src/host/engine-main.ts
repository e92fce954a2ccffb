/**
 * Entry of the engine process: sound in and out and the codec's worker live here together, apart from any
 * window. Started by `client/fork-engine.ts`, or by Electron as a utility process.
 */
import { loadModel } from '../codec/model-folder.ts';
import { systemClock } from '../common/clock.ts';
import { openVirtualMicrophone } from '../audio/virtual-mic/virtual-microphone.ts';
import { createLiveEngine } from '../engine/engine.ts';
import { WorkerRunner } from '../engine/worker-runner.ts';
import { openBackend } from './backends.ts';
import { codecWorkerEntry } from './codec-worker-entry.ts';
import { EngineService } from './engine-service.ts';
import { parentLink } from './parent-link.ts';
import { raisePriority } from './priority.ts';
import { serve } from './serve.ts';
import { tidyHeap } from './tidy-heap.ts';

raisePriority();

const { orphaned } = serve({
  link: parentLink(),
  // Not `process.exit`, which waits for native threads that may wait for a device.
  exit: () => process.kill(process.pid, 'SIGKILL'),
  createService: (emit) =>
    new EngineService({
      emit,
      clock: systemClock,
      openBackend,
      loadManifest: async (modelFolder) => (await loadModel(modelFolder)).manifest,
      createEngine: (options, backend) =>
        createLiveEngine(options, {
          input: backend,
          output: backend,
          clock: systemClock,
          createRunner: (setup) =>
            new WorkerRunner(setup, { entry: codecWorkerEntry(), clock: systemClock }),
        }),
      beforeSound: tidyHeap,
      openVirtualMicrophone: (backend) => openVirtualMicrophone(() => backend.devices()),
    }),
});

// Ctrl-C reaches every process of a terminal: it is the driver that decides what it means.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('SIGTERM', orphaned);
