import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { variantKey } from '../../ipc/app/compare.ts';
import { formatKbps } from '../format.ts';
import { kbpsOf } from '../live/quantizers.ts';
import { useModel, useQuantizerWords } from '../live/use-model.ts';
import { useClient } from '../store/session.tsx';
import { compareModel, type CompareModel, type CompareState } from './compare-model.ts';
import { NOISY, REFERENCE, versionsOf, type Version } from './versions.ts';

export function useCompare<T>(select: (state: CompareState) => T): T {
  return useStore(compareModel(useClient()).state, select);
}

export const useCompareModel = (): CompareModel => compareModel(useClient());

/** @returns the versions of the clip as they are shown; none without a clip */
export function useVersions(): readonly Version[] {
  const { quantizers } = useModel();
  const clip = useCompare((state) => state.clip);
  const rates = useCompare((state) => state.rates);
  const hasReference = clip?.hasReference ?? false;
  const isOpen = clip !== null;
  return useMemo(
    () => (isOpen ? versionsOf(quantizers, rates, { hasReference }) : []),
    [quantizers, rates, hasReference, isOpen],
  );
}

/** @returns names any version by its key: `RVQ 8 kbps`, `Noisy` */
export function useVersionName(): (key: string) => string {
  const { t } = useTranslation();
  const { quantizers } = useModel();
  const describe = useQuantizerWords();
  return (key) => {
    if (key === NOISY) return t('compare.versions.noisy');
    if (key === REFERENCE) return t('compare.versions.reference');
    const [id, codebooks] = key.split('@');
    const quantizer = quantizers.find((other) => other.id === id);
    if (quantizer === undefined) return key;
    const { short, name } = describe(quantizer);
    if (quantizer.maxCodebooks === 0) return name;
    const kbps = kbpsOf(quantizer, codebooks === undefined ? null : Number(codebooks));
    return `${short} ${t('compare.versions.kbps', { value: formatKbps(kbps) })}`;
  };
}

export interface VersionOption {
  readonly key: string;
  readonly variant: { readonly quantizer: string; readonly codebooks: number | null } | null;
}

/** Versions of a blind test: those of the listening page, each followed by its quantizer's other usual rates. */
export function testVersions(versions: readonly Version[]): VersionOption[] {
  return versions.flatMap(({ key, quantizer, codebooks }): VersionOption[] => {
    if (quantizer === null) return [{ key, variant: null }];
    const { id, maxCodebooks } = quantizer;
    const counts = new Set<number | null>([codebooks]);
    for (let n = maxCodebooks; n >= 1; n = Math.floor(n / 2)) counts.add(n);
    return [...counts].map((count) => {
      const variant = { quantizer: id, codebooks: count };
      return { key: variantKey(variant), variant };
    });
  });
}

/**
 * How far a blind test is from having all it needs.
 * @param progress 0..1, of the version being rendered. @returns 0..1
 */
export function preparedShare(
  needed: readonly string[],
  ready: readonly string[],
  progress: number,
): number {
  const there = needed.filter((key) => ready.includes(key)).length;
  return Math.min(1, (there + (there < needed.length ? progress : 0)) / needed.length);
}
