import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { renderAnchor } from '../listen/anchor.ts';
import { ANCHOR, MAX_MUSHRA_CONDITIONS, MAX_MUSHRA_TRIALS, startMushra } from '../listen/mushra.ts';
import { cryptoRandom } from '../listen/random.ts';
import type { Alternative } from '../listen/range-player.ts';
import { mediaSource, memorySource, readAll } from '../listen/sound-source.ts';
import { useClient, useSession } from '../store/session.tsx';
import { Card } from '../ui/Card.tsx';
import { Select } from '../ui/Select.tsx';
import { Slider } from '../ui/Slider.tsx';
import type { MushraFlow } from './compare-model.ts';
import { MushraResults } from './MushraResults.tsx';
import { MushraTrial } from './MushraTrial.tsx';
import {
  preparedShare,
  testVersions,
  useCompare,
  useCompareModel,
  useVersionName,
  useVersions,
} from './use-versions.ts';
import { REFERENCE } from './versions.ts';
import { StartActions } from './TestActions.tsx';

/** The blind rating of how good each version is: choose, rate, result. */
export function MushraPanel({ clip }: { readonly clip: Clip }) {
  const model = useCompareModel();
  const flow = useCompare((state) => state.mushra);
  const anchor = useAnchor(clip, flow?.reference ?? null);
  const [last, setLast] = useState<MushraFlow | null>(null);
  if (flow === null) return <MushraSetup clip={clip} last={last} />;
  if (flow.finishedAt === null) return <MushraTrial clip={clip} flow={flow} anchor={anchor} />;
  return (
    <MushraResults
      clip={clip}
      flow={flow}
      onLeave={() => {
        setLast(flow);
        model.setMushra(null);
      }}
    />
  );
}

const NO_ANCHOR: readonly Alternative[] = [];

/** @returns the low-passed reference as an alternative of the player, once it has been computed */
function useAnchor(clip: Clip, reference: string | null): readonly Alternative[] {
  const client = useClient();
  const { app } = useSession();
  const [anchor, setAnchor] = useState<readonly Alternative[]>(NO_ANCHOR);
  const gain = clip.variants.find(({ key }) => key === reference)?.gain ?? 1;
  useEffect(() => {
    setAnchor(NO_ANCHOR);
    if (reference === null) return;
    let isWanted = true;
    const compute = async (): Promise<void> => {
      const source = mediaSource(client, { kind: 'clip', id: clip.id, variant: reference });
      const { sampleRateHz } = await source.info();
      const samples = await renderAnchor(await readAll(source), sampleRateHz);
      if (!isWanted) return;
      setAnchor([{ key: ANCHOR, source: memorySource(samples, sampleRateHz), gain }]);
    };
    compute().catch((error: unknown) => isWanted && app.report(error));
    return () => {
      isWanted = false;
    };
  }, [client, app, clip.id, reference, gain]);
  return anchor;
}

/** @param last the test before, whose choices are kept */
function MushraSetup({ clip, last }: { readonly clip: Clip; readonly last: MushraFlow | null }) {
  const { t } = useTranslation();
  const model = useCompareModel();
  const versions = useVersions();
  const nameOf = useVersionName();
  const failed = useCompare((state) => state.failed);
  const progress = useCompare((state) => state.progress);
  const options = useMemo(() => testVersions(versions), [versions]);
  const [reference, setReference] = useState(
    last?.reference ?? (clip.hasReference ? REFERENCE : 'none'),
  );
  const [chosen, setChosen] = useState<readonly string[]>(() =>
    last === null
      ? versions
          .filter(({ quantizer }) => (quantizer?.maxCodebooks ?? 0) > 0)
          .map(({ key }) => key)
          .slice(0, MAX_MUSHRA_CONDITIONS)
      : [...new Set(last.test.trials[0]!.stimuli.map(({ condition }) => condition))].filter(
          (condition) => options.some(({ key }) => key === condition),
        ),
  );
  const [trials, setTrials] = useState(last?.test.trials.length ?? 1);
  const [isStarting, setIsStarting] = useState(false);

  const conditions = chosen.filter((key) => key !== reference);
  const needed = [reference, ...conditions];
  const ready = clip.variants.map(({ key }) => key);
  const isReady = needed.every((key) => ready.includes(key));
  const problem = needed.map((key) => failed[key]).find((failure) => failure !== undefined);
  useEffect(() => {
    if (isStarting && problem !== undefined) setIsStarting(false);
    if (!isStarting || !isReady) return;
    const test = startMushra(conditions, trials, cryptoRandom);
    model.setMushra({ reference, test, finishedAt: null });
  });

  const start = (): void => {
    const wanted = options.filter(({ key }) => needed.includes(key));
    model.want(
      wanted.flatMap(({ variant }) => (variant === null ? [] : [variant])),
      true,
    );
    setIsStarting(true);
  };
  const isFull = conditions.length >= MAX_MUSHRA_CONDITIONS;
  return (
    <div className="test test--setup">
      <Card title={t('compare.mushra.title')}>
        <p className="muted test__lead">{t('compare.mushra.lead')}</p>
        <div className="test__pair">
          <Select
            label={t('compare.mushra.reference')}
            value={reference}
            options={options.map(({ key }) => ({ value: key, label: nameOf(key) }))}
            onChange={setReference}
            disabled={isStarting}
          />
          <Slider
            label={t('compare.mushra.trials')}
            value={trials}
            min={1}
            max={MAX_MUSHRA_TRIALS}
            hasMarks
            disabled={isStarting}
            valueText={
              trials === 1
                ? t('compare.mushra.trialsTextOne')
                : t('compare.mushra.trialsText', { count: trials })
            }
            onChange={setTrials}
          />
        </div>
        <fieldset className="test__versions" disabled={isStarting}>
          <legend>{t('compare.mushra.versions')}</legend>
          {options
            .filter(({ key }) => key !== reference)
            .map(({ key }) => {
              const isChosen = chosen.includes(key);
              return (
                <label key={key} className="test__version">
                  <input
                    type="checkbox"
                    checked={isChosen}
                    disabled={!isChosen && isFull}
                    onChange={() =>
                      setChosen(
                        isChosen ? chosen.filter((other) => other !== key) : [...chosen, key],
                      )
                    }
                  />
                  {nameOf(key)}
                </label>
              );
            })}
        </fieldset>
        {conditions.length === 0 && <p className="test__warning">{t('compare.mushra.tooFew')}</p>}
        {isFull && (
          <p className="muted small">
            {t('compare.mushra.tooMany', { count: MAX_MUSHRA_CONDITIONS })}
          </p>
        )}
        <StartActions
          start={t('compare.mushra.start')}
          preparing={t('compare.mushra.preparing')}
          isStarting={isStarting}
          prepared={preparedShare(needed, ready, progress)}
          problem={problem}
          disabled={conditions.length === 0}
          onStart={start}
          onCancel={() => setIsStarting(false)}
        />
      </Card>
    </div>
  );
}
