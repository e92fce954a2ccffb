import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../store/session.tsx';
import { Canvas, type Frame } from '../ui/Canvas.tsx';
import { Card } from '../ui/Card.tsx';
import { Scroll } from './scroll.ts';
import { SpectrogramPainter } from './spectrogram-painter.ts';
import { useModel } from './use-model.ts';

/** Time across, s. */
export const SHOWN_S = 6;
const NO_COLORS: readonly never[] = [];

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
  const topHz = (model?.sampleRateHz ?? 16_000) / 2;
  const painter = useMemo(
    () =>
      new SpectrogramPainter(topHz, {
        seconds: (value) => t('live.spectrogram.seconds', { value }),
        now: t('live.spectrogram.now'),
        khz: (value) => t('live.spectrogram.khz', { value }),
      }),
    [topHz, t],
  );
  const draw = useCallback(
    ({ context, width, height, nowMs }: Frame<never>) => {
      const head = scroll.head(spectrograms, nowMs);
      painter.draw(context, { width, height, history: spectrograms, side, head, seconds: SHOWN_S });
      return !scroll.isStale(spectrograms, nowMs);
    },
    [painter, scroll, spectrograms, side],
  );
  const wake = useCallback((again: () => void) => feed.subscribe(again), [feed]);
  const words = side === 'input' ? 'noisy' : 'clean';
  return (
    <figure className="spectrogram">
      <figcaption>{t(`live.spectrogram.${words}`)}</figcaption>
      <Canvas
        label={t(`live.spectrogram.${words}Label`, { seconds: SHOWN_S })}
        colors={NO_COLORS}
        draw={draw}
        wake={wake}
      />
      {isOff && <p className="spectrogram__off">{t('live.spectrogram.off')}</p>}
    </figure>
  );
}
