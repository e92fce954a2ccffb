import { useTranslation } from 'react-i18next';
import { formatKbps, formatNumber, formatSigned } from '../format.ts';
import { useControls, useSession } from '../store/session.tsx';
import { Card } from '../ui/Card.tsx';
import { Slider } from '../ui/Slider.tsx';
import { kbpsOf } from './quantizers.ts';
import { limitToSlider, sliderToLimit, STRENGTH_MAX } from './strength.ts';
import { useModel } from './use-model.ts';

const GAIN_DB = 24;

/** What shapes the sound besides the quantizer; heard while the hand moves. */
export function SoundSliders() {
  const { t } = useTranslation();
  const { controls: model } = useSession();
  const controls = useControls();
  const isOff = controls === null;
  const limit = controls?.attenuationLimitDb ?? null;
  const mix = controls?.mix ?? 1;
  const gain = controls?.inputGainDb ?? 0;
  return (
    <Card className="sliders" title={t('live.sliders.title')}>
      <div className="sliders__grid">
        <Slider
          label={t('live.sliders.strength')}
          value={limitToSlider(limit)}
          min={0}
          max={STRENGTH_MAX}
          valueText={
            limit === null
              ? t('live.sliders.strengthFull')
              : t('live.sliders.strengthText', { db: formatNumber(limit, 1) })
          }
          disabled={isOff}
          resetTo={STRENGTH_MAX}
          onChange={(value) => model.change({ attenuationLimitDb: sliderToLimit(value) })}
        />
        <Slider
          label={t('live.sliders.mix')}
          value={Math.round(mix * 100)}
          min={0}
          max={100}
          valueText={t('live.sliders.mixText', { percent: formatNumber(mix * 100) })}
          disabled={isOff}
          resetTo={100}
          onChange={(value) => model.change({ mix: value / 100 })}
        />
        <Slider
          label={t('live.sliders.gain')}
          value={Math.max(-GAIN_DB, Math.min(GAIN_DB, gain))}
          min={-GAIN_DB}
          max={GAIN_DB}
          valueText={t('live.sliders.gainText', { db: formatSigned(gain, 1) })}
          disabled={isOff}
          resetTo={0}
          onChange={(value) => model.change({ inputGainDb: value })}
        />
      </div>
    </Card>
  );
}

/** How much of the code is sent: with fewer codebooks the decoder hears less. */
export function CodebooksSlider() {
  const { t } = useTranslation();
  const { controls: model } = useSession();
  const controls = useControls();
  const { quantizers } = useModel();
  const quantizer = quantizers.find(({ id }) => id === controls?.quantizer);
  const max = quantizer?.maxCodebooks ?? 0;
  const count = controls?.codebooks ?? max;
  const text = (): string => {
    if (quantizer === undefined || max === 0) return t('live.sliders.codebooksNone');
    const kbps = formatKbps(kbpsOf(quantizer, count));
    return max === 1
      ? t('live.sliders.codebooksOne', { kbps })
      : t('live.sliders.codebooksText', { count, max, kbps });
  };
  return (
    <Slider
      label={t('live.sliders.codebooks')}
      value={max === 0 ? 1 : count}
      min={max > 1 ? 1 : 0}
      max={Math.max(1, max)}
      valueText={text()}
      hasMarks={max > 1 && max <= 32}
      disabled={max <= 1}
      resetTo={max}
      onChange={(value) => model.change({ codebooks: value })}
    />
  );
}
