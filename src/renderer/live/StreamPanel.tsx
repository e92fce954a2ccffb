import { RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { formatKbps, formatNumber, formatSigned } from '../format.ts';
import { useReadout, useSession } from '../store/session.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Card } from '../ui/Card.tsx';

/** Bitrate, load, where it is computed, and what went wrong lately. */
export function StreamPanel({ isPassing }: { readonly isPassing: boolean }) {
  const { t } = useTranslation();
  const stream = useReadout((telemetry) => {
    if (telemetry === null) return null;
    const { model, heard } = telemetry;
    return {
      kbps: telemetry.bitrateKbps,
      codes: (heard.codebooks * model.sampleRateHz) / model.hopSamples,
      rtf: telemetry.realTimeFactor,
      p99: telemetry.hopMs?.p99 ?? null,
      provider: telemetry.provider.name,
      reason: telemetry.provider.reason,
      driftPpm: telemetry.driftPpm,
    };
  });
  const isKnown = isPassing && stream !== null;
  const none = t('common.none');
  return (
    <Card className="stream" title={t('live.stream.title')}>
      <dl className="facts">
        <Fact name={t('live.stream.bitrate')}>
          {!isKnown ? (
            none
          ) : stream.kbps === 0 ? (
            t('live.stream.uncoded')
          ) : (
            <>
              <strong>{t('common.kbps', { value: formatKbps(stream.kbps) })}</strong>
              <small>{t('live.stream.codes', { value: formatNumber(stream.codes) })}</small>
            </>
          )}
        </Fact>
        <Fact name={t('live.stream.rtf')}>
          {isKnown ? <strong>{formatNumber(stream.rtf, 2, 2)}</strong> : none}
          {isKnown && stream.p99 !== null && (
            <small>{t('live.stream.rtfHint', { ms: formatNumber(stream.p99, 1, 1) })}</small>
          )}
        </Fact>
        <Glitches isKnown={isKnown} />
        <Fact name={t('live.stream.drift')}>
          {isKnown && stream.driftPpm !== null
            ? t('live.stream.driftText', { ppm: formatSigned(stream.driftPpm) })
            : none}
        </Fact>
        <Fact name={t('live.stream.provider')} isWide>
          {stream === null || stream.provider === '' ? (
            none
          ) : (
            <>
              <strong>{stream.provider.toUpperCase()}</strong>
              <small className="facts__reason" title={stream.reason}>
                {stream.reason}
              </small>
            </>
          )}
        </Fact>
      </dl>
    </Card>
  );
}

function Glitches({ isKnown }: { readonly isKnown: boolean }) {
  const { t } = useTranslation();
  const { feed } = useSession();
  const counts = useReadout((telemetry) => {
    const { model } = telemetry ?? {};
    const perMs = model === undefined ? 1 : model.sampleRateHz / 1000;
    return {
      underruns: feed.counted('underruns') ?? 0,
      overruns: feed.counted('overruns') ?? 0,
      droppedMs: Math.round((feed.counted('droppedSamples') ?? 0) / perMs),
    };
  });
  const total = counts.underruns + counts.overruns;
  return (
    <Fact name={t('live.stream.glitches')}>
      <span className="facts__line">
        <strong>{isKnown || total > 0 ? formatNumber(total) : t('common.none')}</strong>
        {total > 0 && (
          <IconButton
            className="facts__reset"
            label={t('live.stream.reset')}
            icon={<RotateCcw size={13} aria-hidden="true" />}
            onClick={() => feed.resetCounters()}
          />
        )}
      </span>
      {total > 0 && (
        <small>
          {t('live.stream.glitchParts', {
            underruns: formatNumber(counts.underruns),
            overruns: formatNumber(counts.overruns),
            dropped: formatNumber(counts.droppedMs),
          })}
        </small>
      )}
    </Fact>
  );
}

interface FactProps {
  readonly name: string;
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

function Fact({ name, isWide = false, children }: FactProps) {
  return (
    <div className={isWide ? 'facts__wide' : undefined}>
      <dt>{name}</dt>
      <dd className="number">{children}</dd>
    </div>
  );
}
