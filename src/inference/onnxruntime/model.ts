/**
 * One onnxruntime session with preallocated tensors. The state lives in two buffers: the graph reads one
 * and writes the other, and a step that succeeds swaps them, so nothing is copied here and a step that
 * fails leaves the state untouched.
 *
 * What cannot be avoided: onnxruntime-node writes into our output tensors but also copies every output
 * into a fresh array for its return value (measured: 400 kB of state cost about 50 µs per step in all).
 * Small states are fast states.
 */
import { Tensor } from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';
import { ResiduaError } from '../../common/errors.ts';
import { STATE_INPUT, STATE_OUTPUT } from '../port.ts';
import type { GraphSignature, Model, PortSpec } from '../port.ts';
import { runtimeReason } from './reason.ts';

type Tensors = Record<string, Tensor>;

export class OrtModel implements Model {
  readonly provider: string;
  readonly input: Float32Array | Int32Array;
  readonly output: Float32Array | Int32Array;
  readonly #session: InferenceSession;
  readonly #label: string;
  readonly #checkOutput: boolean;
  readonly #states: readonly [Float32Array, Float32Array];
  readonly #feeds: readonly [Tensors, Tensors];
  readonly #fetches: readonly [Tensors, Tensors];
  /** Which of the two states the next step reads. */
  #current: 0 | 1 = 0;
  #running: Promise<void> | undefined;
  #disposed: Promise<void> | undefined;

  constructor(
    session: InferenceSession,
    signature: GraphSignature,
    provider: string,
    label: string,
  ) {
    this.#session = session;
    this.#label = label;
    this.provider = provider;
    const input = rowTensor(signature.input);
    const output = rowTensor(signature.output);
    this.input = input.data as Float32Array | Int32Array;
    this.output = output.data as Float32Array | Int32Array;
    this.#checkOutput = signature.output.type === 'float32';
    this.#states = [new Float32Array(signature.stateSize), new Float32Array(signature.stateSize)];
    const [a, b] = this.#states.map((s) => new Tensor('float32', s, [s.length])) as [
      Tensor,
      Tensor,
    ];
    const feeds = (state: Tensor) => ({ [signature.input.name]: input, [STATE_INPUT]: state });
    const fetches = (state: Tensor) => ({ [signature.output.name]: output, [STATE_OUTPUT]: state });
    this.#feeds = [feeds(a), feeds(b)];
    this.#fetches = [fetches(b), fetches(a)];
  }

  get state(): Float32Array {
    return this.#states[this.#current];
  }

  step(): Promise<void> {
    if (this.#disposed)
      return Promise.reject(this.#error('MODEL_DISPOSED', 'was used after dispose'));
    if (this.#running) {
      return Promise.reject(
        this.#error('MODEL_BUSY', 'is already running a step', 'Await each step.'),
      );
    }
    this.#running = this.#run();
    return this.#running;
  }

  reset(): void {
    if (this.#running)
      throw this.#error('MODEL_BUSY', 'is running a step', 'Await it, then reset.');
    for (const state of this.#states) state.fill(0);
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#release();
    return this.#disposed;
  }

  async #run(): Promise<void> {
    const current = this.#current;
    try {
      await this.#session.run(this.#feeds[current], this.#fetches[current]);
      if (this.#checkOutput && !allFinite(this.output)) {
        throw this.#error(
          'MODEL_OUTPUT_NOT_FINITE',
          'produced NaN or infinity',
          'Reset the session; if it happens again the model is broken.',
        );
      }
      this.#current = current === 0 ? 1 : 0;
    } catch (cause) {
      if (cause instanceof ResiduaError) throw cause;
      const reason = `failed to run: ${runtimeReason(cause)}`;
      throw this.#error('INFERENCE_FAILED', reason, undefined, cause);
    } finally {
      this.#running = undefined;
    }
  }

  async #release(): Promise<void> {
    // The step's own caller gets its error; here only its end matters.
    await this.#running?.catch(() => undefined);
    await this.#session.release();
  }

  #error(code: string, what: string, hint?: string, cause?: unknown): ResiduaError {
    return new ResiduaError(code, `${this.#label} (${this.provider}) ${what}`, {
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
}

function rowTensor(port: PortSpec): Tensor {
  const dims = [1, port.width];
  return port.type === 'int32'
    ? new Tensor('int32', new Int32Array(port.width), dims)
    : new Tensor('float32', new Float32Array(port.width), dims);
}

function allFinite(values: ArrayLike<number>): boolean {
  // NaN and ±Infinity times zero are NaN and stay in the sum: one branch for the whole row.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}
