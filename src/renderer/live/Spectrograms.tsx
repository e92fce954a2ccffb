import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../store/session.tsx';
import { Card } from '../ui/Card.tsx';
import { classes } from '../ui/classes.ts';
import { useFrames } from '../ui/frame-loop.ts';
import { Scroll } from './scroll.ts';
import { SpectrogramTiles } from './spectrogram-tiles.ts';
import { useModel } from './use-model.ts';

/** Time across, s. */
export const SHOWN_S = 6;
const STEP_S = 2;

/** What comes in and what goes out, side by side, moment for moment. */
export function Spectrograms({ isOff }: { readonly isOff: boolean }) {
  const { t } = useTranslation();
  const scroll = useMemo(() => new Scroll(), []);
  return (
    <Card
      className="spectrograms"
      title={t('live.spectrogram.title')}
      aside={
        <span className="spectrograms__scale small muted" aria-hidden="true">
          {t('live.spectrogram.scaleFrom')}
          <i />
          {t('live.spectrogram.scaleTo')}
        </span>
      }
    >
      <div className="spectrograms__pair">
        <Panel side="input" scroll={scroll} isOff={isOff} />
        <Panel side="output" scroll={scroll} isOff={isOff} />
      </div>
    </Card>
  );
}

interface PanelProps {
  readonly side: 'input' | 'output';
  readonly scroll: Scroll;
  readonly isOff: boolean;
}

function Panel({ side, scroll, isOff }: PanelProps) {
  const { t } = useTranslation();
  const { spectrograms, feed } = useSession();
  const { model } = useModel();
  const first = useRef<HTMLCanvasElement>(null);
  const second = useRef<HTMLCanvasElement>(null);
  const tiles = useRef<SpectrogramTiles>(null);
  useEffect(() => {
    tiles.current = new SpectrogramTiles([first.current!, second.current!], SHOWN_S * 1000);
  }, []);
  const wake = useCallback((again: () => void) => feed.subscribe(again), [feed]);
  useFrames((nowMs) => {
    tiles.current?.show(spectrograms, side, scroll.head(spectrograms, nowMs));
    return !scroll.isStale(spectrograms, nowMs);
  }, wake);
  const words = side === 'input' ? 'noisy' : 'clean';
  return (
    <figure className={classes('spectrogram', isOff && 'is-off')}>
      <figcaption>{t(`live.spectrogram.${words}`)}</figcaption>
      <div
        className="spectrogram__plot"
        role="img"
        aria-label={t(`live.spectrogram.${words}Label`, { seconds: SHOWN_S })}
      >
        <div className="spectrogram__time">
          <canvas ref={first} />
          <canvas ref={second} />
          <FrequencyAxis topHz={(model?.sampleRateHz ?? 0) / 2} />
        </div>
        <TimeAxis />
      </div>
      {isOff && <p className="spectrogram__off">{t('live.spectrogram.off')}</p>}
    </figure>
  );
}

function FrequencyAxis({ topHz }: { readonly topHz: number }) {
  const { t } = useTranslation();
  const stepHz = topHz > 12_000 ? 4000 : 2000;
  const count = Math.max(0, Math.ceil(topHz / stepHz) - 1);
  return Array.from({ length: count }, (_, i) => (i + 1) * stepHz).map((hz) => (
    <div className="spectrogram__hz" key={hz} style={{ top: `${100 * (1 - hz / topHz)}%` }}>
      <span>{t('live.spectrogram.khz', { value: hz / 1000 })}</span>
    </div>
  ));
}

function TimeAxis() {
  const { t } = useTranslation();
  const steps = Array.from({ length: SHOWN_S / STEP_S - 1 }, (_, i) => (i + 1) * STEP_S);
  return (
    <>
      {steps.map((value) => (
        <div
          className="spectrogram__s"
          key={value}
          style={{ left: `${100 * (1 - value / SHOWN_S)}%` }}
        >
          <span>{t('live.spectrogram.seconds', { value })}</span>
        </div>
      ))}
      <div className="spectrogram__s spectrogram__s--now">
        <span>{t('live.spectrogram.now')}</span>
      </div>
    </>
  );
}
