import { CircleAlert, CircleCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { formatNumber } from '../format.ts';
import { ANCHOR, HIDDEN_REFERENCE, mushraResult, startMushra } from '../listen/mushra.ts';
import { cryptoRandom } from '../listen/random.ts';
import { mushraToCsv, mushraToJson } from '../listen/results.ts';
import { Card } from '../ui/Card.tsx';
import type { MushraFlow } from './compare-model.ts';
import { ResultActions, type ResultFormat } from './TestActions.tsx';
import { useTestContext } from './use-test-context.ts';
import { useCompareModel, useVersionName } from './use-versions.ts';

export interface MushraResultsProps {
  readonly clip: Clip;
  readonly flow: MushraFlow;
  readonly onLeave: () => void;
}

/** What each version was, its mean and how sure that is. */
export function MushraResults({ clip, flow, onLeave }: MushraResultsProps) {
  const { t } = useTranslation();
  const model = useCompareModel();
  const nameOf = useVersionName();
  const contextOf = useTestContext(clip);
  const { test, reference, finishedAt } = flow;
  const result = mushraResult(test);
  const conditions = result.conditions.map(({ condition }) => condition);
  const nameOfCondition = (condition: string): string => {
    if (condition === ANCHOR) return t('compare.mushra.result.anchor');
    if (condition === HIDDEN_REFERENCE) return t('compare.mushra.result.hiddenReference');
    return nameOf(condition);
  };
  const textOf = (format: ResultFormat): string => {
    const context = contextOf(conditions, finishedAt ?? '');
    return format === 'csv' ? mushraToCsv(test, context) : mushraToJson(test, context);
  };
  const again = (): void => {
    const versions = conditions.filter((key) => key !== ANCHOR && key !== HIDDEN_REFERENCE);
    const next = startMushra(versions, test.trials.length, cryptoRandom);
    model.setMushra({ reference, test: next, finishedAt: null });
  };
  const isFine = result.screenedTrials === 0;
  return (
    <div className="test">
      <Card title={t('compare.mushra.result.title')}>
        <p className={isFine ? 'result__note' : 'result__note result__note--warn'} role="status">
          {isFine ? (
            <CircleCheck size={16} aria-hidden="true" />
          ) : (
            <CircleAlert size={16} aria-hidden="true" />
          )}
          {isFine
            ? t('compare.mushra.result.fine')
            : t('compare.mushra.result.screened', {
                count: result.screenedTrials,
                trials: result.trials,
              })}
        </p>
        <table className="figures__table ratings">
          <caption className="visually-hidden">{t('compare.mushra.result.chart')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('compare.mushra.result.version')}</th>
              <th scope="col" className="ratings__bar" aria-hidden="true" />
              <th scope="col">{t('compare.mushra.result.mean')}</th>
              <th scope="col">{t('compare.mushra.result.interval')}</th>
              <th scope="col">{t('compare.mushra.result.scores')}</th>
            </tr>
          </thead>
          <tbody>
            {result.conditions.map(({ condition, mean, halfWidth, scores }) => (
              <tr key={condition}>
                <th scope="row">{nameOfCondition(condition)}</th>
                <td className="ratings__bar" aria-hidden="true">
                  <Bar mean={mean} halfWidth={halfWidth} />
                </td>
                <td>{formatNumber(mean, 1)}</td>
                <td>
                  {halfWidth === null
                    ? t('common.none')
                    : t('compare.mushra.result.plusMinus', { value: formatNumber(halfWidth, 1) })}
                </td>
                <td className="ratings__scores">{scores.map((s) => formatNumber(s)).join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {result.trials === 1 && (
          <p className="muted small">{t('compare.mushra.result.oneTrial')}</p>
        )}
        <ResultActions
          again={t('compare.mushra.result.again')}
          others={t('compare.mushra.result.others')}
          onAgain={again}
          onLeave={onLeave}
          name={`Ranking, ${clip.name}`}
          textOf={textOf}
        />
      </Card>
    </div>
  );
}

/** Mean as a bar from 0 to 100, its interval as a whisker. */
function Bar({ mean, halfWidth }: { readonly mean: number; readonly halfWidth: number | null }) {
  const from = Math.max(0, mean - (halfWidth ?? 0));
  const to = Math.min(100, mean + (halfWidth ?? 0));
  return (
    <span className="ratings__track">
      <span className="ratings__mean" style={{ width: `${mean}%` }} />
      {halfWidth !== null && (
        <span className="ratings__whisker" style={{ left: `${from}%`, width: `${to - from}%` }} />
      )}
    </span>
  );
}
