import { existsSync } from 'node:fs';
import { locate } from '../data/locate.ts';
import { isObject, type JsonObject } from './json.ts';
import type { PlannedRun } from './plan.ts';

export interface MissingData {
  /** As the config names it. */
  path: string;
  /** Ids of the runs that cannot do without it. */
  needed: string[];
}

/** Data folders that are not there, each once. */
export function findMissingData(runs: readonly PlannedRun[]): Map<string, MissingData> {
  const missing = new Map<string, MissingData>();
  for (const { id, config } of runs) {
    for (const path of new Set(foldersOf(config['data']))) {
      if (existsSync(locate(path))) continue;
      const entry = missing.get(path) ?? { path, needed: [] };
      entry.needed.push(id);
      missing.set(path, entry);
    }
  }
  return missing;
}

/** Prepared batches stand in for the corpora. */
function foldersOf(data: unknown): string[] {
  if (!isObject(data)) return [];
  const { prepared, evaluate, corpora } = data as JsonObject;
  const listed = Array.isArray(corpora)
    ? corpora.map((corpus: unknown) => (isObject(corpus) ? corpus['path'] : undefined))
    : [];
  const sources = typeof prepared === 'string' ? [prepared] : listed;
  return [...sources, evaluate].filter((path) => typeof path === 'string');
}
