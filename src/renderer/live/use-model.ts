import { useTranslation } from 'react-i18next';
import { useMemo } from 'react';
import type { ModelSummary, QuantizerSummary } from '../../ipc/messages.ts';
import { useApp } from '../store/session.tsx';
import { en } from '../strings/en.ts';
import { modelInUse, quantizersOf } from './quantizers.ts';

/** The model in use and its quantizers in the order they are shown in. */
export function useModel(): {
  readonly model: ModelSummary | undefined;
  readonly quantizers: readonly QuantizerSummary[];
} {
  const models = useApp(({ welcome }) => welcome?.models);
  const chosen = useApp(({ settings }) => settings?.model);
  return useMemo(() => {
    const model = modelInUse(models ?? [], chosen);
    return { model, quantizers: quantizersOf(model) };
  }, [models, chosen]);
}

export interface QuantizerWords {
  /** `RVQ`. */
  readonly short: string;
  /** `Residual vector quantization`. */
  readonly name: string;
  /** One line; empty for a family that the window has no words for. */
  readonly how: string;
}

/** @returns tells any quantizer in words, by its family; unknown families by the manifest's label */
export function useQuantizerWords(): (quantizer: QuantizerSummary) => QuantizerWords {
  const { t } = useTranslation();
  return ({ family, label, id }) => {
    if (!isKnown(family)) return { short: id.toUpperCase(), name: label, how: '' };
    return {
      short: t(`quantizers.families.${family}.short`),
      name: t(`quantizers.families.${family}.name`),
      how: t(`quantizers.families.${family}.how`),
    };
  };
}

type Family = keyof typeof en.quantizers.families;
const isKnown = (family: string): family is Family => Object.hasOwn(en.quantizers.families, family);
