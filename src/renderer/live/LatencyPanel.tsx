import { useTranslation } from 'react-i18next';
import type { LatencyLedger } from '../../ipc/live.ts';
import { formatNumber } from '../format.ts';
import { useReadout } from '../store/session.tsx';
import { Card } from '../ui/Card.tsx';

/** In the order that sound passes through them. */
export const LATENCY_PARTS = [
  'inputDevice',
  'captureBlock',
  'inputResampler',
  'algorithmic',
  'queueing',
  'compute',
  'playback',
  'outputResampler',
  'outputDevice',
] as const satisfies readonly (keyof LatencyLedger)[];

/** From the microphone to the ear, and where the time goes: bar and list are in the same order. */
export function LatencyPanel({ isPassing }: { readonly isPassing: boolean }) {
  const { t } = useTranslation();
  const ledger = useReadout((telemetry) => telemetry?.latencyMs ?? null);
  const isKnown = isPassing && ledger !== null && ledger.total > 0;
  return (
    <Card
      className="latency"
      title={t('live.latency.title')}
      aside={
        isKnown && (
          <strong className="figure number">
            {t('live.latency.total', { ms: formatNumber(ledger.total) })}
          </strong>
        )
      }
    >
      {!isKnown ? (
        <p className="muted small">{t('live.latency.none')}</p>
      ) : (
        <>
          <div className="latency__bar" aria-hidden="true">
            {LATENCY_PARTS.map((part, i) => (
              <i
                key={part}
                className={`part-${i + 1}`}
                style={{ flexGrow: Math.max(0, ledger[part]) }}
              />
            ))}
          </div>
          <dl className="latency__parts">
            {LATENCY_PARTS.map((part, i) => (
              <div key={part} className={ledger[part] < 0.05 ? 'is-none' : undefined}>
                <dt>
                  <i className={`part-${i + 1}`} aria-hidden="true" />
                  {t(`live.latency.parts.${part}`)}
                </dt>
                <dd className="number">
                  {t('common.ms', { value: formatNumber(ledger[part], 1, 1) })}
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </Card>
  );
}
