import type { RateResult } from './result.ts';

const LEAST_USAGE = 0.1;
const LEAST_PERPLEXITY = 4;

/**
 * A stage has collapsed when the test codes use fewer than 10% of its entries, or no more than four would do
 * (for codebooks under 16 entries: a quarter of them).
 * @returns what collapsed, one line; undefined when nothing did
 */
export function findCollapse(
  rates: readonly Pick<RateResult, 'codebooks' | 'codes'>[],
  codebookSize: number,
): string | undefined {
  const leastPerplexity = Math.min(LEAST_PERPLEXITY, codebookSize / 4);
  // A stage's codes do not depend on how many follow it, so the largest rate shows all.
  const most = rates.reduce<(typeof rates)[number] | undefined>(
    (best, rate) => (best === undefined || rate.codebooks > best.codebooks ? rate : best),
    undefined,
  );
  const collapsed = (most?.codes ?? []).flatMap(({ usage, perplexity }, stage) =>
    usage < LEAST_USAGE || perplexity < leastPerplexity
      ? [`${stage + 1} (${(100 * usage).toFixed(1)}% used, perplexity ${perplexity.toFixed(1)})`]
      : [],
  );
  if (collapsed.length === 0) return undefined;
  return `collapsed codebooks: ${collapsed.join(', ')}`;
}
