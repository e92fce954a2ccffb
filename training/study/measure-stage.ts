/**
 * Exports a trained run and measures it with the same commands that measure a shipped model. Each measurement
 * is kept as soon as it is made.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { parseManifest } from '../../src/codec/manifest.ts';
import { ResiduaError } from '../../src/common/errors.ts';
import { locate } from '../data/locate.ts';
import { findCollapse } from './collapse.ts';
import { errorOf, type StageCommand } from './command.ts';
import { isObject } from './json.ts';
import { benchSchema, evaluationSchema, lookupSchema, type Evaluation } from './measurements.ts';
import type { PlannedRun } from './plan.ts';
import { writeResult, type RunResult } from './result.ts';
import type { StageContext } from './train-stage.ts';

/** Seconds of audio that a run is timed over. */
const BENCH_SECONDS = 20;

/**
 * @param before what is known so far; measurements in it are not made again
 * @returns the result as written, or undefined when it was stopped before the end
 */
export async function measure(
  run: PlannedRun,
  before: RunResult,
  context: StageContext,
): Promise<RunResult | undefined> {
  const { paths, stop, say } = context;
  const { reason: _, ...known } = before;
  let result: RunResult = { ...known, status: 'trained' };
  const keep = (more: Partial<RunResult>): void => {
    result = { ...result, ...more };
    writeResult(paths.result(run.id), result);
  };
  const folder = paths.model(run.id);
  try {
    if (result.macsPerHop === undefined || !existsSync(join(folder, 'manifest.json'))) {
      say('exporting');
      rmSync(folder, { recursive: true, force: true });
      const checkpoint = paths.checkpoint(run.id);
      const args = [
        '--import',
        'tsx',
        'training/export.ts',
        '--checkpoint',
        checkpoint,
        '--out',
        folder,
        ...(run.denoiser === undefined ? [] : ['--denoiser', run.denoiser]),
      ];
      await step('export', args, run, context);
      keep(exported(folder));
    }
    if (!sameRates(run, result)) {
      say(
        `measuring at ${run.rates.length === 0 ? 'its one rate' : `${run.rates.join(', ')} codebooks`}`,
      );
      const { results, noisy } = await evaluate('noisy', folder, run, context);
      keep({
        rates: results.map(({ codebooks, bitrateKbps, metrics, bySnr, codebookUsage }) => ({
          codebooks,
          kbps: bitrateKbps,
          metrics,
          bySnr: bySnr ?? [],
          codes: codebookUsage ?? [],
        })),
        ...(noisy === undefined ? {} : { noisy: { ...noisy, files: results[0]?.files ?? 0 } }),
      });
    }
    // Ablations and further seeds are compared by what they do to noisy speech; the rest is told of a family once.
    const isWhole = run.group !== 'ablation' && run.seedOf === undefined;
    const full = run.rates.at(-1) ?? 0;
    const hasClean = result.rates.some((rate) => rate.codebooks === full && rate.cleanThrough);
    if (isWhole && !hasClean) {
      say('measuring clean speech sent through');
      const { results } = await evaluate('clean', folder, run, context);
      const cleanThrough = results.find(({ codebooks }) => codebooks === full)?.metrics ?? {};
      keep({
        rates: result.rates.map((rate) =>
          rate.codebooks === full ? { ...rate, cleanThrough } : rate,
        ),
      });
    }
    if (isWhole && result.bench === undefined) {
      say('timing');
      keep({ bench: await time(folder, run, context) });
    }
  } catch (error) {
    if (stop.aborted) return undefined;
    if (!(error instanceof ResiduaError)) throw error;
    keep({ status: 'failed', reason: error.message });
    return result;
  }
  const collapse = findCollapse(result.rates, result.codebookSize ?? 0);
  keep(collapse === undefined ? { status: 'done' } : { status: 'collapsed', reason: collapse });
  return result;
}

/** Whether a result has exactly the rates that the plan asks for. */
export function sameRates({ rates }: PlannedRun, result: RunResult): boolean {
  const wanted = rates.length === 0 ? [0] : rates;
  const found = result.rates.map(({ codebooks }) => codebooks).sort((a, b) => a - b);
  return wanted.join() === found.join();
}

async function evaluate(
  stage: 'noisy' | 'clean',
  folder: string,
  run: PlannedRun,
  context: StageContext,
): Promise<Evaluation> {
  const { data } = run.config;
  const pairs = isObject(data) ? String(data['evaluate']) : '';
  const args = [
    'bin/residua.mjs',
    'evaluate',
    locate(pairs),
    '--models',
    folder,
    '--quantizer',
    'all',
  ];
  // What clean speech loses is asked of the full rate alone: a ceiling, and half the time of a run's measurements.
  const rates = stage === 'clean' ? run.rates.slice(-1) : run.rates;
  if (rates.length > 0) args.push('--codebooks', rates.join());
  if (stage === 'clean') args.push('--clean-input');
  return parse(evaluationSchema, await step(stage, [...args, '--json'], run, context));
}

/** The whole codec and, where its checkpoint is here, the quantizer alone. */
async function time(
  folder: string,
  run: PlannedRun,
  context: StageContext,
): Promise<NonNullable<RunResult['bench']>> {
  const seconds = String(BENCH_SECONDS);
  const args = ['bin/residua.mjs', 'bench', '--models', folder, '--seconds', seconds, '--json'];
  const { results } = parse(benchSchema, await step('bench', args, run, context));
  const checkpoint = context.paths.checkpoint(run.id);
  if (run.rates.length === 0 || !existsSync(checkpoint)) return results[0]!;
  const script = 'training/study/time-quantizer.ts';
  const alone = ['--import', 'tsx', script, '--checkpoint', checkpoint];
  const { quantizerMs } = parse(lookupSchema, await step('lookup', alone, run, context));
  return { ...results[0]!, quantizerMs };
}

/** @throws ResiduaError STUDY_STAGE when the process fails or is stopped */
async function step(
  stage: StageCommand['stage'],
  args: string[],
  run: PlannedRun,
  { runCommand, paths, stop }: StageContext,
): Promise<string> {
  const outcome = await runCommand(
    { stage, run: run.id, args, log: paths.log(run.id, stage) },
    stop,
  );
  if (stop.aborted) throw new ResiduaError('STUDY_STAGE', `${stage} was stopped`);
  const error = errorOf(outcome);
  if (error !== undefined) {
    throw new ResiduaError('STUDY_STAGE', `${stage}: [${error.code}] ${error.message}`);
  }
  return outcome.stdout;
}

function parse<T>(schema: z.ZodType<T>, stdout: string): T {
  try {
    return schema.parse(JSON.parse(stdout));
  } catch (cause) {
    throw new ResiduaError('STUDY_STAGE', 'a measuring command printed something unexpected', {
      cause,
    });
  }
}

function exported(folder: string): Partial<RunResult> {
  const path = join(folder, 'manifest.json');
  if (!existsSync(path)) throw new ResiduaError('STUDY_STAGE', `export left no ${path}`);
  const entry = parseManifest(readFileSync(path, 'utf8'), path).quantizers[0]!;
  return {
    macsPerHop: entry.macsPerHop,
    quantizerMacs: Number(entry.training?.['quantizerMacs'] ?? 0),
    params: entry.params,
    bytes: entry.encoder.bytes + entry.decoder.bytes,
    codebookSize: entry.codebookSize,
    maxCodebooks: entry.maxCodebooks,
  };
}
