/**
 * `--provider auto`: tries every execution provider that starts, checks that it computes what the CPU
 * computes, times it warm, and takes the one with the best p99: live sound breaks on the slowest hops, not
 * on the usual ones. The reason names every provider tried. Small graphs usually win on the CPU.
 */
import { errorMessage } from '../common/errors.ts';
import { uniformNoise } from '../common/noise.ts';
import { percentiles } from '../common/statistics.ts';
import type { GraphSignature, Model, ModelLoader } from './port.ts';

/** A graph of the chain; each one is fed with the CPU's output of the one before. */
export interface ChainGraph {
  readonly bytes: Uint8Array;
  readonly signature: GraphSignature;
  readonly label: string;
}

export interface ProviderTrial {
  readonly provider: string;
  /** It started and agreed with the CPU. */
  readonly usable: boolean;
  /** One line: why it cannot be used, or how it did. */
  readonly reason: string;
  /** Time of the whole chain per hop, in ms; absent when it did not run. */
  readonly hopMs?: { readonly p50: number; readonly p99: number };
}

export interface ProviderChoice {
  readonly provider: string;
  /** One line for people. */
  readonly reason: string;
  readonly trials: readonly ProviderTrial[];
}

export interface ChooseOptions {
  /** Hops timed per provider, default 200 (2 s of audio at 100 frames/s); fewer leave the p99 to chance. */
  readonly hops?: number;
  /** A provider's trial ends after this long, however few hops it managed; default 1500 ms. */
  readonly budgetMs?: number;
  /** Largest float difference, relative to the CPU's largest value; default 2e-3. */
  readonly tolerance?: number;
  /** Smallest share of equal integer codes (ties in an argmax may flip); default 0.98. */
  readonly minEqualCodes?: number;
}

/** First hops are not timed: providers compile and allocate in them. */
const WARM_UP_HOPS = 10;
/** A provider that never came closer to the CPU's p99 than this in its first hops is not timed further. */
const HOPELESS_FACTOR = 5;
const HOPELESS_AFTER_HOPS = 3;

/** @throws ResiduaError when even the CPU cannot run the chain. */
export async function chooseProvider(
  loader: ModelLoader,
  chain: readonly ChainGraph[],
  options: ChooseOptions = {},
): Promise<ProviderChoice> {
  const hops = (options.hops ?? 200) + WARM_UP_HOPS;
  const input = noise(hops, chain[0]!.signature.input.width);
  const reference = await runChain(loader, chain, 'cpu', input, options.budgetMs);
  const trials: ProviderTrial[] = [trial('cpu', reference, 'reference')];
  for (const { name } of loader.providers()) {
    if (name === 'cpu') continue;
    try {
      const result = await runChain(loader, chain, name, input, options.budgetMs, reference);
      const difference = compare(chain, reference.outputs, result.outputs, options);
      trials.push(
        difference === undefined
          ? trial(name, result, 'agrees with cpu')
          : { provider: name, usable: false, reason: difference },
      );
    } catch (error) {
      trials.push({ provider: name, usable: false, reason: errorMessage(error) });
    }
  }
  const usable = trials.filter((t) => t.usable);
  const best = usable.reduce((a, b) => (b.hopMs!.p99 < a.hopMs!.p99 ? b : a));
  const others = trials.filter((t) => t !== best).map((t) => `${t.provider}: ${t.reason}`);
  const time = describeTimes(best.hopMs!);
  const reason =
    usable.length === 1
      ? `only cpu runs here (${time})`
      : `${best.provider} has the best p99 of ${usable.length} that agree (${time})`;
  return {
    provider: best.provider,
    reason: others.length === 0 ? reason : `${reason}; ${others.join('; ')}`,
    trials,
  };
}

interface ChainRun {
  /** Per graph, all hops one after another. */
  readonly outputs: readonly number[][];
  readonly hopMs: readonly number[];
}

async function runChain(
  loader: ModelLoader,
  chain: readonly ChainGraph[],
  provider: string,
  input: Float32Array,
  budgetMs = 1500,
  reference?: ChainRun,
): Promise<ChainRun> {
  const models: Model[] = [];
  try {
    for (const { bytes, signature, label } of chain) {
      models.push(await loader.load(bytes, signature, { provider, label }));
    }
    const outputs: number[][] = chain.map(() => []);
    const hopMs: number[] = [];
    const first = chain[0]!.signature.input.width;
    const available = reference
      ? reference.outputs[0]!.length / chain[0]!.signature.output.width
      : input.length / first;
    const hopelessMs = reference ? HOPELESS_FACTOR * percentiles(reference.hopMs).p99 : Infinity;
    const deadline = performance.now() + budgetMs;
    for (let hop = 0; hop < available; hop++) {
      if (hop > 0 && performance.now() > deadline) break;
      if (hop >= HOPELESS_AFTER_HOPS && Math.min(...hopMs.slice(1)) > hopelessMs) break;
      let elapsedMs = 0;
      for (const [i, model] of models.entries()) {
        const width = model.input.length;
        const source = i === 0 ? input : (reference?.outputs ?? outputs)[i - 1]!;
        for (let j = 0; j < width; j++) model.input[j] = source[hop * width + j]!;
        const start = performance.now();
        await model.step();
        elapsedMs += performance.now() - start;
        outputs[i]!.push(...model.output);
      }
      hopMs.push(elapsedMs);
    }
    // Whoever is too slow for its warm-up is judged by its last hop.
    return { outputs, hopMs: hopMs.slice(Math.min(WARM_UP_HOPS, hopMs.length - 1)) };
  } finally {
    await Promise.all(models.map((m) => m.dispose()));
  }
}

function trial(provider: string, run: ChainRun, verdict: string): ProviderTrial {
  const { p50, p99 } = percentiles(run.hopMs);
  const hopMs = { p50, p99 };
  return { provider, usable: true, reason: `${verdict}, ${describeTimes(hopMs)}`, hopMs };
}

function describeTimes({ p50, p99 }: { p50: number; p99: number }): string {
  return `${p50.toFixed(2)} ms per hop, p99 ${p99.toFixed(2)}`;
}

/** @returns undefined when they agree, otherwise one line that says how far apart they are. */
function compare(
  chain: readonly ChainGraph[],
  reference: readonly number[][],
  other: readonly number[][],
  options: ChooseOptions,
): string | undefined {
  for (const [i, graph] of chain.entries()) {
    const b = other[i]!;
    const a = reference[i]!.slice(0, b.length);
    if (graph.signature.output.type === 'int32') {
      const equal = a.reduce((n, v, j) => n + (v === b[j] ? 1 : 0), 0) / a.length;
      if (equal < (options.minEqualCodes ?? 0.98)) {
        return `${graph.label}: only ${(equal * 100).toFixed(1)}% of its codes equal the cpu's`;
      }
    } else {
      const scale = a.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-3);
      const error = a.reduce((m, v, j) => Math.max(m, Math.abs(v - b[j]!)), 0) / scale;
      if (!(error <= (options.tolerance ?? 2e-3))) {
        return `${graph.label}: differs from cpu by ${error.toExponential(1)} of its range`;
      }
    }
  }
  return undefined;
}

/** Repeatable noise at speech level. */
function noise(hops: number, width: number): Float32Array {
  const next = uniformNoise(20_250_101);
  return Float32Array.from({ length: hops * width }, () => 0.1 * next());
}
