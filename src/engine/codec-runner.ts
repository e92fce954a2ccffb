/**
 * Where the codec runs. In production a worker thread of its own (`WorkerRunner`), so that inference never
 * holds up an audio callback; in tests the same chain in this thread (`InProcessRunner`). Sound goes
 * through shared rings, everything else through the few calls here.
 */
import type { LiveControls, LiveProblem } from './contract.ts';
import type { CodecMemory } from './codec-memory.ts';
import type { Voice } from './warm-codec.ts';

export interface RunnerSetup {
  readonly modelFolder: string;
  /** `auto`: by measurement. */
  readonly provider: string;
  readonly memory: CodecMemory;
  readonly controls: LiveControls;
  /** What happens on the codec's side, in order. */
  readonly report: (report: RunnerReport) => void;
}

export type RunnerReport =
  /** A switch cannot be carried out; what was heard stays. */
  | {
      readonly type: 'switch-failed';
      readonly quantizer: string;
      readonly heard: Voice;
      readonly problem: LiveProblem;
    }
  /** The model failed: `to` is another provider, or `dry` when it keeps failing. */
  | {
      readonly type: 'fallback';
      readonly from: string;
      readonly to: string;
      readonly problem: LiveProblem;
    }
  /** The provider in use, after a fallback too. */
  | { readonly type: 'provider'; readonly name: string; readonly reason: string }
  /** The runner is dead; make a new one. */
  | { readonly type: 'died'; readonly problem: LiveProblem };

export interface CodecRunner {
  /**
   * Loads and warms every quantizer of the model. Call once, first.
   * @throws ResiduaError as `createCodecSession`
   */
  prepare(): Promise<void>;
  /** New sound is in the capture ring. Cheap; never waits. */
  wake(): void;
  /** New controls; heard from the next hop on. */
  update(controls: LiveControls): void;
  /** Forgets all sound: empties the capture ring, resets the sessions. @throws ResiduaError `CODEC_HUNG` */
  reset(): Promise<void>;
  /** Frees everything. Safe to call twice; never hangs. */
  dispose(): Promise<void>;
}

export type CreateRunner = (setup: RunnerSetup) => CodecRunner;
