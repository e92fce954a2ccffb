/**
 * The plan of a study: what is trained and measured, each run as a change to a common config or to another
 * run. This file knows the plan's own rules; whether a config can be trained is checked in validate.ts.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, normalize } from 'node:path';
import { z } from 'zod';
import { ResiduaError } from '../../src/common/errors.ts';
import { deepMerge, isObject, stableHash, type JsonObject } from './json.ts';

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes');
const config = z.record(z.string(), z.unknown());

const runSchema = z.strictObject({
  id,
  /** base: others start from it; family: one quantizer; ablation: one thing changed; control: for comparison. */
  group: z.enum(['base', 'family', 'ablation', 'control']),
  /** A few words for tables and figures. */
  label: z.string().min(1),
  /** What this run changes, one sentence. */
  about: z.string().min(1),
  /** Run whose config (and rates, unless given) this one changes; default: the run of `seedOf`. */
  extends: id.optional(),
  /** Changes as JSON Merge Patch: null removes a key. */
  config,
  /** Numbers of codebooks to measure; none for a run without a quantizer. */
  rates: z.array(z.number().int().min(1)).optional(),
  /** Run that this one repeats with another seed. */
  seedOf: id.optional(),
});

const planSchema = z.strictObject({
  common: config,
  /**
   * Checkpoint whose denoiser every run is measured with, so that runs trained at different times are compared
   * on the same one; default: the denoiser of each run's own checkpoint.
   */
  denoiser: z.string().optional(),
  runs: z.array(runSchema).min(1),
});

export type RunGroup = z.infer<typeof runSchema>['group'];

export interface PlannedRun {
  id: string;
  group: RunGroup;
  label: string;
  about: string;
  /** Run that this one is a change of. */
  extends: string | undefined;
  seedOf: string | undefined;
  /** Ascending, without repetitions. */
  rates: number[];
  /** Checkpoint folder, relative to the project. */
  denoiser: string | undefined;
  /** The full training config, named study-<id>. */
  config: JsonObject;
  /** Runs of the plan whose checkpoints this one starts from. */
  startsFrom: string[];
  /** Of the config without its name, and of the runs it starts from. */
  configHash: string;
}

/**
 * Reads a plan. Runs come in an order in which each stands behind those it starts from, otherwise as listed.
 * @throws ResiduaError PLAN_NOT_FOUND, PLAN_INVALID naming run and field
 */
export function loadPlan(path: string): PlannedRun[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ResiduaError('PLAN_NOT_FOUND', `Cannot read the study's plan ${path}`, {
      hint: 'Name one with --plan FILE.',
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ResiduaError('PLAN_INVALID', `${path} is not JSON`, { cause });
  }
  return parsePlan(value, basename(path));
}

/** @throws ResiduaError PLAN_INVALID naming run and field */
export function parsePlan(value: unknown, source: string): PlannedRun[] {
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(
      source,
      `${runName(value, issue.path)} at "${issue.path.join('.')}": ${issue.message}`,
    );
  }
  const { common, denoiser, runs } = parsed.data;
  const byId = new Map<string, z.infer<typeof runSchema>>();
  for (const run of runs) {
    if (byId.has(run.id)) throw invalid(source, `run "${run.id}" at "id": there are two of it`);
    byId.set(run.id, run);
  }
  const parentOf = (run: z.infer<typeof runSchema>): string | undefined =>
    run.extends ?? run.seedOf;
  for (const run of runs) {
    for (const field of ['extends', 'seedOf'] as const) {
      const other = run[field];
      if (other !== undefined && !byId.has(other)) {
        throw invalid(source, `run "${run.id}" at "${field}": there is no run "${other}"`);
      }
    }
  }

  /** Own parts of `start` and of what it extends, the furthest ancestor first. */
  const lineage = (start: z.infer<typeof runSchema>): z.infer<typeof runSchema>[] => {
    const chain = [start];
    for (let at = parentOf(start); at !== undefined; at = parentOf(byId.get(at)!)) {
      if (chain.some((run) => run.id === at)) {
        throw invalid(source, `run "${start.id}" at "extends": it extends itself`);
      }
      chain.unshift(byId.get(at)!);
    }
    return chain;
  };

  const planned = runs.map((run): PlannedRun => {
    const chain = lineage(run);
    const merged = chain.reduce<unknown>((sum, part) => deepMerge(sum, part.config), common);
    const full: JsonObject = { ...(merged as JsonObject), name: `study-${run.id}` };
    const rates = chain.reduce<number[]>((before, part) => part.rates ?? before, []);
    return {
      id: run.id,
      group: run.group,
      label: run.label,
      about: run.about,
      extends: parentOf(run),
      seedOf: run.seedOf,
      rates: [...new Set(rates)].sort((a, b) => a - b),
      denoiser,
      config: full,
      startsFrom: checkpointsOf(full).flatMap((path) => runOfCheckpoint(path, byId) ?? []),
      configHash: '',
    };
  });
  const ordered = inOrder(planned, source);
  const hashes = new Map<string, string>();
  for (const run of ordered) {
    run.configHash = hashOf(run.config, (path) => {
      const other = runOfCheckpoint(path, byId);
      return other === undefined ? path : `study-${other}@${hashes.get(other)}`;
    });
    hashes.set(run.id, run.configHash);
  }
  return ordered;
}

/** Checkpoint folders that a config starts from, as written. */
export function checkpointsOf({ init }: JsonObject): string[] {
  if (!Array.isArray(init)) return [];
  return init.flatMap((entry: unknown) =>
    isObject(entry) && typeof entry['checkpoint'] === 'string' ? [entry['checkpoint']] : [],
  );
}

function runOfCheckpoint(path: string, runs: ReadonlyMap<string, unknown>): string | undefined {
  const plain = normalize(path).replace(/\/$/, '');
  const name = basename(plain);
  if (dirname(plain) !== normalize('training/checkpoints') || !name.startsWith('study-')) {
    return undefined;
  }
  const other = name.slice('study-'.length);
  return runs.has(other) ? other : undefined;
}

/** Each run behind those it starts from, otherwise as they came. */
function inOrder(runs: readonly PlannedRun[], source: string): PlannedRun[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const ordered = new Set<PlannedRun>();
  const visit = (run: PlannedRun, path: readonly string[]): void => {
    if (ordered.has(run)) return;
    if (path.includes(run.id)) {
      const circle = [...path.slice(path.indexOf(run.id)), run.id].join(' → ');
      throw invalid(source, `run "${run.id}" at "config.init": it starts from itself (${circle})`);
    }
    for (const other of run.startsFrom) visit(byId.get(other)!, [...path, run.id]);
    ordered.add(run);
  };
  for (const run of runs) visit(run, []);
  return [...ordered];
}

/** A run trained from another checkpoint is another run, so those count with what made them. */
function hashOf(full: JsonObject, checkpoint: (path: string) => string): string {
  const { name: _, ...rest } = full;
  if (!Array.isArray(rest['init'])) return stableHash(rest);
  const init = rest['init'].map((entry: unknown) =>
    isObject(entry) && typeof entry['checkpoint'] === 'string'
      ? { ...entry, checkpoint: checkpoint(entry['checkpoint']) }
      : entry,
  );
  return stableHash({ ...rest, init });
}

function runName(value: unknown, path: readonly PropertyKey[]): string {
  const runs = isObject(value) ? value['runs'] : undefined;
  const run: unknown =
    path[0] === 'runs' && Array.isArray(runs) ? runs[Number(path[1])] : undefined;
  return isObject(run) ? `run "${String(run['id'])}"` : 'the plan';
}

export function invalid(source: string, what: string): ResiduaError {
  return new ResiduaError('PLAN_INVALID', `${source}: ${what}`, {
    hint: 'Nothing was trained; correct the plan.',
  });
}
