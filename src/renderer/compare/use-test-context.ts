import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { ANCHOR, HIDDEN_REFERENCE } from '../listen/mushra.ts';
import type { TestContext } from '../listen/results.ts';
import { useModel } from '../live/use-model.ts';
import { useApp } from '../store/session.tsx';
import { useCompare, useVersionName } from './use-versions.ts';

/** @returns what a file of results says about how the test was made. @param keys of the versions in it */
export function useTestContext(
  clip: Clip,
): (keys: readonly string[], finishedAt: string) => TestContext {
  const { t } = useTranslation();
  const { model } = useModel();
  const loop = useCompare((state) => state.loop);
  const appVersion = useApp(({ welcome }) => welcome?.appVersion ?? '');
  const nameOf = useVersionName();
  return (keys, finishedAt) => ({
    clip: clip.name,
    seconds: clip.seconds,
    loop,
    isLoudnessMatched: true,
    appVersion,
    model: model?.id ?? null,
    finishedAt,
    labels: {
      ...Object.fromEntries(keys.map((key) => [key, nameOf(key)])),
      ...(keys.includes(HIDDEN_REFERENCE)
        ? {
            [HIDDEN_REFERENCE]: t('compare.mushra.result.hiddenReference'),
            [ANCHOR]: t('compare.mushra.result.anchor'),
          }
        : {}),
    },
  });
}
