/**
 * What the engine is given by a composition root. It names no back end, no runtime and no clock itself, so
 * the same engine runs on a sound card with a worker and on a virtual clock in one thread.
 *
 * @example
 * const engine = createLiveEngine(options, {
 *   input: backend,
 *   output: backend,
 *   clock: systemClock,
 *   createRunner: (setup) => new WorkerRunner(setup, new URL('./codec-worker-boot.mjs', import.meta.url)),
 * });
 */
import type { AudioBackend } from '../audio/backend.ts';
import type { Clock } from '../common/clock.ts';
import type { CreateRunner } from './codec-runner.ts';

export interface EngineDependencies {
  readonly input: AudioBackend;
  /** May be the same object as `input`. Neither is disposed by the engine. */
  readonly output: AudioBackend;
  /** The clock of the back ends' `atMs`. */
  readonly clock: Clock;
  readonly createRunner: CreateRunner;
}
