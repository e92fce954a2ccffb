import type { ModelManifest } from '../codec/manifest.ts';
import type { LiveControls, OverloadSuggestion } from './contract.ts';

/** Less than this saved is not worth a change. */
const WORTH_WHILE = 0.1;

/**
 * What would make the codec cheaper: quantizers with fewer multiply-accumulates, least change first. Fewer
 * codebooks cost the same in the graphs that are shipped (unused ones add nothing but are computed), so they
 * are not suggested.
 */
export function overloadSuggestions(
  manifest: ModelManifest,
  { quantizer }: LiveControls,
): OverloadSuggestion[] {
  const now = manifest.quantizers.find((q) => q.id === quantizer)!;
  return manifest.quantizers
    .filter((q) => q.macsPerHop < (1 - WORTH_WHILE) * now.macsPerHop)
    .sort((a, b) => b.macsPerHop - a.macsPerHop)
    .map((q) => ({
      quantizer: q.id,
      codebooks: null,
      reason: `${Math.round(100 * (1 - q.macsPerHop / now.macsPerHop))} % less work per hop`,
    }));
}
