import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { ABX_ALPHA, MAX_ABX_TRIALS, MIN_ABX_TRIALS, startAbx } from '../listen/abx.ts';
import { correctNeeded } from '../listen/binomial.ts';
import { cryptoRandom } from '../listen/random.ts';
import { formatNumber } from '../format.ts';
import { Card } from '../ui/Card.tsx';
import { Select } from '../ui/Select.tsx';
import { Slider } from '../ui/Slider.tsx';
import { Switch } from '../ui/Switch.tsx';
import { AbxResults } from './AbxResults.tsx';
import { AbxTrial } from './AbxTrial.tsx';
import type { AbxFlow } from './compare-model.ts';
import {
  preparedShare,
  testVersions,
  useCompare,
  useCompareModel,
  useVersionName,
  useVersions,
} from './use-versions.ts';
import { NOISY } from './versions.ts';
import { StartActions } from './TestActions.tsx';

const USUAL_TRIALS = 16;

/** The blind test of whether there is a difference: choose, listen, result. */
export function AbxPanel({ clip }: { readonly clip: Clip }) {
  const model = useCompareModel();
  const flow = useCompare((state) => state.abx);
  const [last, setLast] = useState<AbxFlow | null>(null);
  if (flow === null) return <AbxSetup clip={clip} last={last} />;
  if (flow.test.x !== null) return <AbxTrial clip={clip} flow={flow} />;
  return (
    <AbxResults
      clip={clip}
      flow={flow}
      onLeave={() => {
        setLast(flow);
        model.setAbx(null);
      }}
    />
  );
}

/** @param last the test before, whose choices are kept */
function AbxSetup({ clip, last }: { readonly clip: Clip; readonly last: AbxFlow | null }) {
  const { t } = useTranslation();
  const model = useCompareModel();
  const versions = useVersions();
  const nameOf = useVersionName();
  const heard = useCompare((state) => state.heard);
  const failed = useCompare((state) => state.failed);
  const progress = useCompare((state) => state.progress);
  const options = useMemo(() => testVersions(versions), [versions]);
  // What was heard last, or else the first that has a code.
  const coded =
    options.find(({ key, variant }) => key === heard && variant !== null && key !== 'none') ??
    options.find(({ variant }) => variant !== null && variant.codebooks !== null);
  const [a, setA] = useState(last?.sides.A ?? coded?.key ?? NOISY);
  const [b, setB] = useState(
    last?.sides.B ?? (options.some(({ key }) => key === 'none') ? 'none' : NOISY),
  );
  const [trials, setTrials] = useState(last?.test.options.trials ?? USUAL_TRIALS);
  const [hasFeedback, setHasFeedback] = useState(last?.test.options.hasFeedback ?? false);
  const [isStarting, setIsStarting] = useState(false);

  const ready = clip.variants.map(({ key }) => key);
  const isReady = ready.includes(a) && ready.includes(b);
  const problem = failed[a] ?? failed[b];
  useEffect(() => {
    if (isStarting && problem !== undefined) setIsStarting(false);
    if (!isStarting || !isReady) return;
    const test = startAbx({ trials, hasFeedback }, cryptoRandom);
    model.setAbx({ sides: { A: a, B: b }, test, finishedAt: null });
  }, [isStarting, isReady, problem, model, trials, hasFeedback, a, b]);

  const start = (): void => {
    const wanted = options.filter(({ key }) => key === a || key === b);
    model.want(
      wanted.flatMap(({ variant }) => (variant === null ? [] : [variant])),
      true,
    );
    setIsStarting(true);
  };
  const choices = options.map(({ key }) => ({ value: key, label: nameOf(key) }));
  return (
    <div className="test test--setup">
      <Card title={t('compare.abx.title')}>
        <p className="muted test__lead">{t('compare.abx.lead')}</p>
        <div className="test__pair">
          <Select
            label={t('compare.abx.a')}
            value={a}
            options={choices}
            onChange={setA}
            disabled={isStarting}
          />
          <Select
            label={t('compare.abx.b')}
            value={b}
            options={choices}
            onChange={setB}
            disabled={isStarting}
          />
        </div>
        {a === b && <p className="test__warning">{t('compare.abx.same')}</p>}
        <Slider
          label={t('compare.abx.trials')}
          value={trials}
          min={MIN_ABX_TRIALS}
          max={MAX_ABX_TRIALS / 2}
          resetTo={USUAL_TRIALS}
          disabled={isStarting}
          valueText={t('compare.abx.trialsText', {
            count: trials,
            needed: formatNumber(correctNeeded(trials, ABX_ALPHA) ?? trials),
          })}
          onChange={setTrials}
        />
        <Switch
          label={t('compare.abx.feedback')}
          hint={t('compare.abx.feedbackHint')}
          checked={hasFeedback}
          onChange={setHasFeedback}
          disabled={isStarting}
        />
        <StartActions
          start={t('compare.abx.start')}
          preparing={t('compare.abx.preparing')}
          isStarting={isStarting}
          prepared={preparedShare([a, b], ready, progress)}
          problem={problem}
          disabled={a === b}
          onStart={start}
          onCancel={() => setIsStarting(false)}
        />
      </Card>
    </div>
  );
}
