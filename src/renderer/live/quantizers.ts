import type { ModelSummary, QuantizerSummary } from '../../ipc/messages.ts';

/** From the plainest to the most elaborate; unknown families come behind, the unquantised one last. */
const ORDER = ['vq', 'rvq', 'pq', 'gumbel', 'fsq', 'simvq', 'bsq', 'lfq', 'grvq'];

const rank = ({ family, maxCodebooks }: QuantizerSummary): number => {
  if (maxCodebooks === 0) return ORDER.length + 1;
  const at = ORDER.indexOf(family);
  return at === -1 ? ORDER.length : at;
};

/** @returns the model's quantizers as they are shown everywhere; the first nine have keys */
export function quantizersOf(model: ModelSummary | undefined): QuantizerSummary[] {
  return [...(model?.quantizers ?? [])].sort((a, b) => rank(a) - rank(b));
}

/** @returns the model in use: the one of the settings, or the first there is */
export function modelInUse(
  models: readonly ModelSummary[],
  chosen: string | null | undefined,
): ModelSummary | undefined {
  return models.find(({ id }) => id === chosen) ?? models[0];
}

/** @param codebooks `null`: all. @returns kbit/s; 0 where nothing is coded */
export function kbpsOf(
  { kbpsMax, maxCodebooks }: Pick<QuantizerSummary, 'kbpsMax' | 'maxCodebooks'>,
  codebooks: number | null,
): number {
  if (maxCodebooks === 0) return 0;
  return (kbpsMax * (codebooks ?? maxCodebooks)) / maxCodebooks;
}

/** Entries of one codebook. */
export const codebookSize = ({ bitsPerCodebook }: Pick<QuantizerSummary, 'bitsPerCodebook'>) =>
  Math.round(2 ** bitsPerCodebook);
