/**
 * onnxruntime-node behind the `ModelLoader` port, set up for small graphs that run every few ms: one
 * thread, sequential, no spinning, shapes fixed to T = 1, denormals flushed to zero.
 *
 * Two properties of the runtime a caller should know:
 * - `set_denormal_as_zero` takes effect for the thread that creates the first session of the process,
 *   and for JavaScript arithmetic on that thread as well (values below 1e-308 become 0).
 * - A step runs synchronously on the calling thread, one turn of the event loop after the call.
 */
import { env, InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { ResiduaError, UsageError } from '../../common/errors.ts';
import { STATE_INPUT, STATE_OUTPUT } from '../port.ts';
import type {
  GraphSignature,
  LoadOptions,
  Model,
  ModelLoader,
  PortSpec,
  ProviderInfo,
} from '../port.ts';
import { OrtModel } from './model.ts';
import { runtimeReason } from './reason.ts';

// Keeps onnxruntime's own log off stderr; failures arrive as exceptions.
env.logLevel = 'fatal';
const LOG_FATAL_ONLY = 4;

export class OrtLoader implements ModelLoader {
  #providers: ProviderInfo[] | undefined;

  providers(): readonly ProviderInfo[] {
    if (!this.#providers) {
      const all = listSupportedBackends().map(({ name, bundled }) => ({ name, bundled }));
      // cpu first: it is the reference that others are compared with.
      this.#providers = all.sort((a, b) => Number(b.name === 'cpu') - Number(a.name === 'cpu'));
    }
    return this.#providers;
  }

  async load(
    graph: Uint8Array,
    signature: GraphSignature,
    options: LoadOptions = {},
  ): Promise<Model> {
    const provider = options.provider ?? 'cpu';
    const label = options.label ?? 'graph';
    this.#requireKnown(provider);
    const session = await createSession(graph, provider, label);
    try {
      checkSignature(session, signature, label);
      const model = new OrtModel(session, signature, provider, label);
      await warmUp(model, provider, label);
      return model;
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  #requireKnown(provider: string): void {
    const names = this.providers().map((p) => p.name);
    if (names.includes(provider)) return;
    throw new UsageError(`this build has no execution provider '${provider}'`, {
      code: 'PROVIDER_UNKNOWN',
      hint: `Choose one of: ${names.join(', ')}.`,
    });
  }
}

function sessionOptions(provider: string): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { T: 1 },
    logSeverityLevel: LOG_FATAL_ONLY,
    extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '0' } } },
  };
}

async function createSession(
  graph: Uint8Array,
  provider: string,
  label: string,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(graph, sessionOptions(provider));
  } catch (cause) {
    const broken = provider === 'cpu' || !(await loadsOnCpu(graph));
    throw cannotRun(broken ? 'cpu' : provider, label, cause);
  }
}

/** Tells a broken graph from a broken provider. */
async function loadsOnCpu(graph: Uint8Array): Promise<boolean> {
  try {
    const session = await InferenceSession.create(graph, sessionOptions('cpu'));
    await session.release();
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs one hop of zeros: allocations and shader compilation happen here and not in the first hop of
 * audio, and a provider that starts but cannot run the graph is found now.
 */
async function warmUp(model: Model, provider: string, label: string): Promise<void> {
  try {
    await model.step();
  } catch (error) {
    if (error instanceof ResiduaError && error.code === 'MODEL_OUTPUT_NOT_FINITE') {
      // Zeros need not be a sensible input: reset below.
    } else {
      throw cannotRun(provider, label, error);
    }
  }
  model.reset();
}

function cannotRun(provider: string, label: string, cause: unknown): ResiduaError {
  const reason = runtimeReason(cause);
  if (provider === 'cpu') {
    return new ResiduaError('MODEL_CORRUPT', `${label} cannot be used: ${reason}`, {
      hint: 'Install the model again.',
      cause,
    });
  }
  return new ResiduaError(
    'PROVIDER_UNAVAILABLE',
    `execution provider '${provider}' cannot run ${label} here: ${reason}`,
    { hint: "Use '--provider cpu', or install what this provider needs.", cause },
  );
}

function checkSignature(session: InferenceSession, signature: GraphSignature, label: string): void {
  const { input, output, stateSize } = signature;
  const state = (name: string) => ({ name, type: 'float32', shape: [stateSize] }) as const;
  const row = ({ name, type, width }: PortSpec) => ({ name, type, shape: [1, width] }) as const;
  checkValues(session.inputMetadata, [row(input), state(STATE_INPUT)], `${label}: input`);
  checkValues(session.outputMetadata, [row(output), state(STATE_OUTPUT)], `${label}: output`);
}

interface ExpectedValue {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

function checkValues(
  actual: readonly InferenceSession.ValueMetadata[],
  expected: readonly ExpectedValue[],
  what: string,
): void {
  for (const want of expected) {
    const got = actual.find((v) => v.name === want.name);
    const fits =
      got?.isTensor === true &&
      got.type === want.type &&
      got.shape.length === want.shape.length &&
      // A symbolic dimension (T) stands for whatever we run it with.
      got.shape.every((dim, i) => typeof dim === 'string' || dim === want.shape[i]);
    if (fits) continue;
    const found = got?.isTensor ? `${got.type} [${got.shape.join()}]` : 'missing';
    throw signatureError(
      `${what} '${want.name}' is ${found}, not ${want.type} [${want.shape.join()}]`,
    );
  }
  const extra = actual.find((v) => !expected.some((want) => want.name === v.name));
  if (extra) throw signatureError(`${what} '${extra.name}' is not expected`);
}

function signatureError(message: string): ResiduaError {
  return new ResiduaError('MODEL_SIGNATURE', message, {
    hint: 'The graph does not belong to its manifest; export the model again.',
  });
}
