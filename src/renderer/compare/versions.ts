import { variantKey, type Clip, type Variant } from '../../ipc/app/compare.ts';
import type { QuantizerSummary } from '../../ipc/messages.ts';

/** What of a clip can be heard: as it came, through each quantizer at one rate, its clean reference. */
export interface Version {
  /** As in `MediaRef`. */
  readonly key: string;
  /** `null` for `noisy` and `reference`. */
  readonly quantizer: QuantizerSummary | null;
  readonly codebooks: number | null;
}

export const NOISY = 'noisy';
export const REFERENCE = 'reference';

/** Codebooks chosen for each quantizer; all of them where nothing was. */
export type Rates = Readonly<Record<string, number>>;

/** @returns what is asked of the app for a quantizer at its rate */
export function variantOf(quantizer: QuantizerSummary, rates: Rates): Variant {
  const { id, maxCodebooks } = quantizer;
  if (maxCodebooks === 0) return { quantizer: id, codebooks: null };
  return { quantizer: id, codebooks: Math.min(maxCodebooks, rates[id] ?? maxCodebooks) };
}

/** @returns the versions as they are shown and numbered: as it came first, the reference last */
export function versionsOf(
  quantizers: readonly QuantizerSummary[],
  rates: Rates,
  clip: Pick<Clip, 'hasReference'>,
): Version[] {
  return [
    { key: NOISY, quantizer: null, codebooks: null },
    ...quantizers.map((quantizer) => {
      const variant = variantOf(quantizer, rates);
      return { key: variantKey(variant), quantizer, codebooks: variant.codebooks };
    }),
    ...(clip.hasReference ? [{ key: REFERENCE, quantizer: null, codebooks: null }] : []),
  ];
}
