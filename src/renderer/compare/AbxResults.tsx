import { Check, CircleCheck, CircleHelp, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../../ipc/app/compare.ts';
import { abxResult, MIN_ABX_TRIALS, startAbx } from '../listen/abx.ts';
import { cryptoRandom } from '../listen/random.ts';
import { abxToCsv, abxToJson } from '../listen/results.ts';
import { formatNumber } from '../format.ts';
import { Card } from '../ui/Card.tsx';
import type { AbxFlow } from './compare-model.ts';
import { ResultActions, type ResultFormat } from './TestActions.tsx';
import { useTestContext } from './use-test-context.ts';
import { useCompareModel, useVersionName } from './use-versions.ts';

export interface AbxResultsProps {
  readonly clip: Clip;
  readonly flow: AbxFlow;
  readonly onLeave: () => void;
}

/** What the answers mean, in words; all of them below. */
export function AbxResults({ clip, flow, onLeave }: AbxResultsProps) {
  const { t } = useTranslation();
  const model = useCompareModel();
  const nameOf = useVersionName();
  const contextOf = useTestContext(clip);
  const { sides, test, finishedAt } = flow;
  const { trials, correct, pValue, needed, verdict, isCutShort, planned } = abxResult(test);
  const names = { a: nameOf(sides.A), b: nameOf(sides.B) };
  const context = contextOf([sides.A, sides.B], finishedAt ?? '');
  const textOf = (format: ResultFormat): string =>
    format === 'csv' ? abxToCsv(test, sides, context) : abxToJson(test, sides, context);
  const again = (): void =>
    model.setAbx({ sides, test: startAbx(test.options, cryptoRandom), finishedAt: null });
  return (
    <div className="test">
      <Card className={`result result--${verdict}`}>
        <div className="result__head" role="status">
          {verdict === 'heard' ? (
            <CircleCheck size={30} aria-hidden="true" />
          ) : (
            <CircleHelp size={30} aria-hidden="true" />
          )}
          <div>
            <h2>
              {verdict === 'short'
                ? t('compare.abx.result.short')
                : t(`compare.abx.result.${verdict}`, names)}
            </h2>
            <p className="result__score number">
              {t('compare.abx.result.score', { correct, trials })}
              {pValue !== null && (
                <span className="result__p">
                  {pValue < 0.001
                    ? t('compare.abx.result.pSmall')
                    : t('compare.abx.result.p', { p: formatNumber(pValue, 3, 3) })}
                </span>
              )}
            </p>
          </div>
        </div>
        <div className="result__words">
          {pValue !== null && (
            <p>{t('compare.abx.result.chance', { correct, trials, percent: percentOf(pValue) })}</p>
          )}
          {verdict === 'open' && (
            <p>{t('compare.abx.result.openHint', { needed: formatNumber(needed ?? trials) })}</p>
          )}
          {verdict === 'short' && (
            <p>{t('compare.abx.result.shortHint', { least: MIN_ABX_TRIALS })}</p>
          )}
          {isCutShort && <p>{t('compare.abx.result.cutShort', { trials, planned })}</p>}
          {isCutShort && test.options.hasFeedback && <p>{t('compare.abx.result.feedback')}</p>}
        </div>
        <ResultActions
          again={t('compare.abx.result.again')}
          others={t('compare.abx.result.others')}
          onAgain={again}
          onLeave={onLeave}
          name={`ABX ${names.a} – ${names.b}, ${clip.name}`}
          textOf={textOf}
        />
      </Card>
      {trials > 0 && (
        <Card title={t('compare.abx.result.answers')}>
          <table className="figures__table answers">
            <thead>
              <tr>
                <th scope="col">{t('compare.abx.result.columns.trial')}</th>
                <th scope="col">{t('compare.abx.result.columns.x')}</th>
                <th scope="col">{t('compare.abx.result.columns.answer')}</th>
                <th scope="col">{t('compare.abx.result.columns.right')}</th>
                <th scope="col">{t('compare.abx.result.columns.time')}</th>
              </tr>
            </thead>
            <tbody>
              {test.trials.map(({ x, answer, seconds }, index) => (
                <tr key={index}>
                  <th scope="row">{index + 1}</th>
                  <td>{x}</td>
                  <td>{answer}</td>
                  <td>
                    <span className="answers__right">
                      {x === answer ? (
                        <Check size={14} aria-hidden="true" />
                      ) : (
                        <X size={14} aria-hidden="true" />
                      )}
                      {x === answer ? t('compare.abx.result.yes') : t('compare.abx.result.no')}
                    </span>
                  </td>
                  <td>{t('compare.abx.result.seconds', { value: formatNumber(seconds, 1, 1) })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      )}
    </div>
  );
}

/** A probability as a person says it: `3.5 %`, `less than 0.1 %`. */
function percentOf(probability: number): string {
  const percent = probability * 100;
  if (percent < 0.1) return '< 0.1 %';
  return `${formatNumber(percent, percent < 10 ? 1 : 0)} %`;
}
