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
 * @param codebooks a number, 'all' (every number from 1 up), or undefined (the most there are). With
 * quantizer 'all', a number above what a quantizer has leaves that quantizer out.
 * @throws UsageError QUANTIZER_UNKNOWN, CODEBOOKS_RANGE
 */
export function listVariants(
  manifest: ModelManifest,
  quantizer: string,
  codebooks: number | 'all' | undefined,
): Variant[] {
  const entries = quantizer === 'all' ? manifest.quantizers : [findQuantizer(manifest, quantizer)];
  const variants = entries.flatMap((entry): Variant[] => {
    const { id, maxCodebooks } = entry;
    if (codebooks === 'all' && maxCodebooks > 0) {
      return Array.from({ length: maxCodebooks }, (_, i) => ({ quantizer: id, codebooks: i + 1 }));
    }
    if (typeof codebooks !== 'number') return [{ quantizer: id, codebooks: maxCodebooks }];
    if (quantizer === 'all') {
      if (maxCodebooks === 0) return [{ quantizer: id, codebooks: 0 }];
      return codebooks <= maxCodebooks ? [{ quantizer: id, codebooks }] : [];
    }
    return [{ quantizer: id, codebooks: checkCodebooks(entry, codebooks) }];
  });
  if (variants.length === 0) {
    throw new UsageError(`no quantizer of ${manifest.id} has ${codebooks} codebooks`, {
      code: 'CODEBOOKS_RANGE',
    });
  }
  return variants;
}
