import { checkCodebooks, findQuantizer, type ModelManifest } from '../../codec/manifest.ts';
import { UsageError } from '../../common/errors.ts';

/** One row of an evaluation: a quantizer with a number of codebooks in use. */
export interface Variant {
  quantizer: string;
  /** 0 for a continuous quantizer. */
  codebooks: number;
}

/**
 * @param quantizer an id, or 'all'
 * @param codebooks a number, several, 'all' (every number from 1 up), or undefined (the most there are).
 * With quantizer 'all', a number above what a quantizer has is left out for that quantizer.
 * @throws UsageError QUANTIZER_UNKNOWN, CODEBOOKS_RANGE
 */
export function listVariants(
  manifest: ModelManifest,
  quantizer: string,
  codebooks: number | readonly number[] | 'all' | undefined,
): Variant[] {
  const entries = quantizer === 'all' ? manifest.quantizers : [findQuantizer(manifest, quantizer)];
  const variants = entries.flatMap((entry): Variant[] => {
    const { id, maxCodebooks } = entry;
    if (codebooks === 'all' && maxCodebooks > 0) {
      return Array.from({ length: maxCodebooks }, (_, i) => ({ quantizer: id, codebooks: i + 1 }));
    }
    if (codebooks === undefined || codebooks === 'all') {
      return [{ quantizer: id, codebooks: maxCodebooks }];
    }
    const numbers = typeof codebooks === 'number' ? [codebooks] : codebooks;
    if (quantizer === 'all') {
      if (maxCodebooks === 0) return [{ quantizer: id, codebooks: 0 }];
      const possible = numbers.filter((n) => n <= maxCodebooks);
      return possible.map((n) => ({ quantizer: id, codebooks: n }));
    }
    return numbers.map((n) => ({ quantizer: id, codebooks: checkCodebooks(entry, n) }));
  });
  if (variants.length === 0) {
    throw new UsageError(`no quantizer of ${manifest.id} has ${String(codebooks)} codebooks`, {
      code: 'CODEBOOKS_RANGE',
    });
  }
  return variants;
}
