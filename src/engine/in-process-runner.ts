/**
 * The codec in this thread, one hop after another: for tests on a virtual clock, deterministic to the
 * sample. Not for sound cards, where a hop must never hold up a callback.
 */
import { toProblem } from '../common/problem.ts';
import { loadModel } from '../codec/model-folder.ts';
import type { ModelManifest } from '../codec/manifest.ts';
import type { Clock } from '../common/clock.ts';
import { CodecPump } from './codec-pump.ts';
import type { CodecRunner, RunnerSetup } from './codec-runner.ts';
import type { LiveControls } from './contract.ts';
import {
  disposeSessions,
  openSessions,
  type OpenSession,
  type SessionSet,
} from './live-session.ts';

export interface InProcessOptions {
  readonly clock: Clock;
  /** Opens sessions of a model. */
  readonly openSession: (manifest: ModelManifest) => OpenSession;
}

export class InProcessRunner implements CodecRunner {
  readonly #setup: RunnerSetup;
  readonly #options: InProcessOptions;
  #sessions: SessionSet | undefined;
  #pump: CodecPump | undefined;
  #pending: LiveControls | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #disposed = false;

  constructor(setup: RunnerSetup, options: InProcessOptions) {
    this.#setup = setup;
    this.#options = options;
  }

  async prepare(): Promise<void> {
    const { modelFolder, provider, memory, controls, report } = this.#setup;
    const { manifest } = await loadModel(modelFolder);
    const wanted = { quantizer: controls.quantizer, provider };
    this.#sessions = await openSessions(manifest, this.#options.openSession(manifest), wanted);
    this.#pump = new CodecPump({
      manifest,
      memory,
      sessions: this.#sessions,
      controls,
      nowMs: () => this.#options.clock.nowMs(),
      report,
    });
  }

  wake(): void {
    this.#again = true;
    if (this.#working || !this.#pump || this.#disposed) return;
    this.#working = this.#work(this.#pump).finally(() => (this.#working = undefined));
  }

  update(controls: LiveControls): void {
    this.#pending = controls;
    this.wake();
  }

  /** Resolves once there is nothing left to do. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  async reset(): Promise<void> {
    await this.idle();
    this.#applyControls();
    this.#pump?.reset();
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.idle();
    if (this.#sessions) await disposeSessions(this.#sessions);
  }

  /** What a worker's death looks like from outside; for tests. */
  kill(): void {
    if (this.#disposed) return;
    void this.dispose();
    const problem = toProblem(new Error('the codec worker was killed'));
    this.#setup.report({ type: 'died', problem: { ...problem, code: 'CODEC_DIED' } });
  }

  async #work(pump: CodecPump): Promise<void> {
    do {
      // `wake` during the step asks for one more look.
      this.#again = false;
      this.#applyControls();
      if (await pump.step()) this.#again = true;
    } while (this.#again && !this.#disposed);
  }

  #applyControls(): void {
    if (this.#pending === undefined || !this.#pump) return;
    this.#pump.update(this.#pending);
    this.#pending = undefined;
  }
}
