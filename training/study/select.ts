import { UsageError } from '../../src/common/errors.ts';
import type { PlannedRun } from './plan.ts';

/**
 * Ids that match a comma-separated list of patterns: an id, a group's name, or either with * for anything.
 * @throws UsageError when a pattern matches nothing
 */
export function selectRuns(runs: readonly PlannedRun[], patterns: string): Set<string> {
  const selected = new Set<string>();
  for (const pattern of patterns.split(',').map((part) => part.trim())) {
    const literal = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    const expression = new RegExp(`^${literal}$`);
    const found = runs.filter(({ id, group }) => expression.test(id) || expression.test(group));
    if (found.length === 0) {
      throw new UsageError(`no run matches "${pattern}"`, {
        hint: 'See them with: npm run study -- --list',
      });
    }
    for (const { id } of found) selected.add(id);
  }
  return selected;
}
