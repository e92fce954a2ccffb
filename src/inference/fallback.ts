/**
 * Execution providers that fail or slow down while sound runs are left without a gap: beside every model
 * on another provider stands the same one on the CPU. The history belongs to this program, not to the
 * provider (`Model.state`), so the CPU takes over in the middle of a recording, at the very hop that failed.
 */
import { errorMessage, ResiduaError } from '../common/errors.ts';
import type { GraphSignature, LoadOptions, Model, ModelLoader, ProviderInfo } from './port.ts';

export interface ProviderFallback {
  readonly from: string;
  readonly to: string;
  readonly problem: ResiduaError;
}

export interface FallbackOptions {
  /** Provider to fall back to; default `cpu`. */
  readonly to?: string;
  /**
   * A step of one graph should not take longer than this, ms. When more than half of the last
   * `windowSteps` steps did, the provider is left. Default 5.
   */
  readonly slowMs?: number;
  /** Default 50 (0.5 s at 100 hops/s). */
  readonly windowSteps?: number;
  /** Called once, when the provider is left. */
  readonly onFallback?: (fallback: ProviderFallback) => void;
  /** Monotonic ms, for tests. */
  readonly nowMs?: () => number;
}

/** The model's own faults and the caller's: another provider would not help. */
const NOT_THE_PROVIDER = ['MODEL_BUSY', 'MODEL_DISPOSED'];

/**
 * A loader whose models change to the CPU together, when one of them fails or is too slow for too long.
 * @example
 * const loader = new FallbackLoader(new OrtLoader(), { onFallback: ({ problem }) => log(problem.message) });
 * const session = await createCodecSession(model, loader, { quantizer: 'rvq', provider: 'webgpu' });
 */
export class FallbackLoader implements ModelLoader {
  readonly #loader: ModelLoader;
  readonly #group: Group;
  readonly #windowSteps: number;

  constructor(loader: ModelLoader, options: FallbackOptions = {}) {
    this.#loader = loader;
    this.#windowSteps = options.windowSteps ?? 50;
    this.#group = {
      to: options.to ?? 'cpu',
      slowMs: options.slowMs ?? 5,
      nowMs: options.nowMs ?? (() => performance.now()),
      onFallback: options.onFallback,
      fallback: undefined,
    };
  }

  /** What happened, if it did. */
  get fallback(): ProviderFallback | undefined {
    return this.#group.fallback;
  }

  providers(): readonly ProviderInfo[] {
    return this.#loader.providers();
  }

  /** After a fallback everything is loaded on the CPU. @throws as the loader behind it */
  async load(
    graph: Uint8Array,
    signature: GraphSignature,
    options: LoadOptions = {},
  ): Promise<Model> {
    const { to, fallback } = this.#group;
    const wanted = options.provider ?? to;
    const standby = (): Promise<Model> =>
      this.#loader.load(graph, signature, { ...options, provider: to });
    if (wanted === to || fallback !== undefined) return standby();
    const primary = await this.#loader.load(graph, signature, options);
    try {
      return new FallbackModel(primary, await standby(), this.#group, this.#windowSteps);
    } catch (error) {
      await primary.dispose();
      throw error;
    }
  }
}

/** What the models of one loader share. */
interface Group {
  readonly to: string;
  readonly slowMs: number;
  readonly nowMs: () => number;
  readonly onFallback: ((fallback: ProviderFallback) => void) | undefined;
  fallback: ProviderFallback | undefined;
}

class FallbackModel implements Model {
  readonly input: Float32Array | Int32Array;
  readonly output: Float32Array | Int32Array;
  readonly #primary: Model;
  readonly #standby: Model;
  readonly #group: Group;
  /** 1 for each of the last steps that was slow. */
  readonly #slow: Uint8Array;
  #steps = 0;
  #onStandby = false;
  #left: Promise<void> | undefined;

  constructor(primary: Model, standby: Model, group: Group, windowSteps: number) {
    this.#primary = primary;
    this.#standby = standby;
    this.#group = group;
    this.#slow = new Uint8Array(windowSteps);
    // These must stay the same arrays for good.
    this.input = primary.input;
    this.output = primary.output;
  }

  get provider(): string {
    const { fallback, to } = this.#group;
    return fallback === undefined ? this.#primary.provider : to;
  }

  get state(): Float32Array {
    return (this.#onStandby ? this.#standby : this.#primary).state;
  }

  async step(): Promise<void> {
    if (this.#group.fallback !== undefined) this.#moveToStandby();
    if (this.#onStandby) return this.#stepStandby();
    const started = this.#group.nowMs();
    try {
      await this.#primary.step();
    } catch (error) {
      if (error instanceof ResiduaError && NOT_THE_PROVIDER.includes(error.code)) throw error;
      return this.#rescue(error);
    }
    this.#watch(this.#group.nowMs() - started);
  }

  reset(): void {
    (this.#onStandby ? this.#standby : this.#primary).reset();
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#left ?? this.#primary.dispose(), this.#standby.dispose()]);
  }

  async #stepStandby(): Promise<void> {
    this.#standby.input.set(this.input);
    await this.#standby.step();
    this.output.set(this.#standby.output);
  }

  /** The hop that failed, on the CPU. Where it fails there too, the provider is not to blame. */
  async #rescue(cause: unknown): Promise<void> {
    this.#standby.state.set(this.#primary.state);
    try {
      await this.#stepStandby();
    } catch {
      throw cause;
    }
    const why = errorMessage(cause);
    this.#leave(`it failed: ${why}`, cause);
    this.#onStandby = true;
    this.#dropPrimary();
  }

  #watch(ms: number): void {
    const window = this.#slow.length;
    this.#slow[this.#steps++ % window] = ms > this.#group.slowMs ? 1 : 0;
    if (this.#steps < window) return;
    const slow = this.#slow.reduce((sum, one) => sum + one, 0);
    if (slow <= window / 2) return;
    this.#leave(`${slow} of its last ${window} steps took more than ${this.#group.slowMs} ms`);
  }

  #leave(why: string, cause?: unknown): void {
    const { to } = this.#group;
    if (this.#group.fallback !== undefined) return;
    const from = this.#primary.provider;
    const problem = new ResiduaError(
      'PROVIDER_LEFT',
      `execution provider '${from}' is not used any more: ${why}`,
      { hint: `'${to}' has taken over; start again to try '${from}' once more.`, cause },
    );
    this.#group.fallback = { from, to, problem };
    this.#group.onFallback?.(this.#group.fallback);
  }

  #moveToStandby(): void {
    if (this.#onStandby) return;
    this.#standby.state.set(this.#primary.state);
    this.#onStandby = true;
    this.#dropPrimary();
  }

  /** A broken provider may fail to let go as well; that must not reach the sound. */
  #dropPrimary(): void {
    this.#left = this.#primary.dispose().catch(() => undefined);
  }
}
