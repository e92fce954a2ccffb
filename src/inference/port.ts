/**
 * What the codec needs from a neural network runtime, and nothing about any particular one. Adapters
 * live in subfolders (`onnxruntime/`) and are named by composition roots only.
 *
 * A graph of a model folder has two inputs and two outputs: one data row in, one data row out, and the
 * whole recurrent state as one flat float32 vector in and out. The state belongs to the `Model`.
 */

/** Element types that cross a graph's border. */
export type PortType = 'float32' | 'int32';

/** One data input or output: `[T, width]`, always run with T = 1. */
export interface PortSpec {
  readonly name: string;
  readonly type: PortType;
  /** Values per hop. */
  readonly width: number;
}

/** What a graph must look like; an adapter refuses any other one. */
export interface GraphSignature {
  readonly input: PortSpec;
  readonly output: PortSpec;
  /** Length of the float32 vectors `state` and `state_out`; starts as zeros. */
  readonly stateSize: number;
}

export const STATE_INPUT = 'state';
export const STATE_OUTPUT = 'state_out';

/** One loaded graph with its state. Not re-entrant: one `step` at a time. */
export interface Model {
  /** The execution provider in use, e.g. `cpu`. */
  readonly provider: string;
  /** Fill before `step`; `signature.input.width` values. The array stays the same for the model's life. */
  readonly input: Float32Array | Int32Array;
  /** Valid after `step` until the next one; `signature.output.width` values. */
  readonly output: Float32Array | Int32Array;
  /**
   * What the next step starts from: `signature.stateSize` values, which may be read and overwritten while
   * no step is running. Another array after each step: fetch it anew.
   */
  readonly state: Float32Array;
  /**
   * Runs the graph once on `input` and the state, and moves the state on. When it fails the state stays
   * as it was before the call.
   * @throws ResiduaError `MODEL_BUSY` while a step is running, `MODEL_DISPOSED` after dispose,
   * `MODEL_OUTPUT_NOT_FINITE` when the output holds NaN or infinity (call `reset` before going on),
   * `INFERENCE_FAILED` when the runtime fails.
   */
  step(): Promise<void>;
  /**
   * Zeroes the state. @throws ResiduaError `MODEL_BUSY` while a step is running.
   */
  reset(): void;
  /** Frees the graph; waits for a running step. Safe to call twice. */
  dispose(): Promise<void>;
}

/** An execution provider the runtime was built with. It may still fail to start on this machine. */
export interface ProviderInfo {
  readonly name: string;
  /** false: needs libraries that are installed separately. */
  readonly bundled: boolean;
}

export interface LoadOptions {
  /** Execution provider, default `cpu`. */
  readonly provider?: string;
  /** What the graph is, for error messages, e.g. `encoder-vq.onnx`. */
  readonly label?: string;
}

export interface ModelLoader {
  /** Every provider of this build, `cpu` first. */
  providers(): readonly ProviderInfo[];
  /**
   * @param graph the bytes of an ONNX file
   * @throws ResiduaError `PROVIDER_UNKNOWN` (exit status 2), `PROVIDER_UNAVAILABLE` when the provider
   * cannot start here (there is no silent fallback), `MODEL_CORRUPT` when the graph cannot be read,
   * `MODEL_SIGNATURE` when it does not look as the manifest says.
   */
  load(graph: Uint8Array, signature: GraphSignature, options?: LoadOptions): Promise<Model>;
}
