import { useTranslation } from 'react-i18next';
import type { FileOptions } from '../../ipc/app/settings.ts';
import { formatKbps, formatNumber } from '../format.ts';
import { kbpsOf } from '../live/quantizers.ts';
import { useModel, useQuantizerWords } from '../live/use-model.ts';
import { useApp, useSession } from '../store/session.tsx';
import { Select } from '../ui/Select.tsx';
import { Slider } from '../ui/Slider.tsx';

const DEFAULT = 'default';

/** @returns the options for what is added next, as the settings keep them */
export function useFileOptions(): FileOptions {
  const files = useApp(({ settings }) => settings?.files);
  return {
    quantizer: files?.quantizer ?? null,
    codebooks: files?.codebooks ?? null,
    mix: files?.mix ?? 1,
  };
}

/** Quantizer, codebooks and mix for the files that are added next; kept in the settings. */
export function FileOptionsBar() {
  const { t } = useTranslation();
  const { app } = useSession();
  const { model, quantizers } = useModel();
  const describe = useQuantizerWords();
  const { quantizer, codebooks, mix } = useFileOptions();
  // As the app takes it: the model's first that codes.
  const usual = model?.quantizers.find(({ maxCodebooks }) => maxCodebooks > 0) ?? quantizers[0];
  const chosen = quantizer === null ? usual : quantizers.find(({ id }) => id === quantizer);
  const max = chosen?.maxCodebooks ?? 0;
  const count = Math.min(max, codebooks ?? max);
  const change = (files: Partial<FileOptions>): void => void app.changeSettings({ files });
  const rate = (): string => {
    if (chosen === undefined || max === 0) return t('files.notCoded');
    const kbps = formatKbps(kbpsOf(chosen, count));
    return max === 1
      ? t('files.codebooksOne', { kbps })
      : t('files.codebooksText', { count, max, kbps });
  };
  return (
    <section className="ui-card file-options" aria-label={t('files.options')}>
      <Select
        label={t('files.quantizer')}
        value={quantizer ?? DEFAULT}
        onChange={(next) => change({ quantizer: next === DEFAULT ? null : next, codebooks: null })}
        options={[
          {
            value: DEFAULT,
            label: t('files.defaultQuantizer', {
              name: usual === undefined ? t('common.none') : describe(usual).short,
            }),
          },
          ...quantizers.map((other) => {
            const { short, name } = describe(other);
            return { value: other.id, label: short === name ? name : `${short} · ${name}` };
          }),
        ]}
      />
      <Slider
        label={t('files.codebooks')}
        value={max === 0 ? 1 : count}
        min={max > 1 ? 1 : 0}
        max={Math.max(1, max)}
        resetTo={max}
        disabled={max <= 1}
        hasMarks={max > 1 && max <= 32}
        valueText={rate()}
        onChange={(next) => change({ codebooks: next === max ? null : next })}
      />
      <Slider
        label={t('files.mix')}
        value={Math.round(mix * 100)}
        min={0}
        max={100}
        resetTo={100}
        valueText={t('files.mixText', { percent: formatNumber(mix * 100) })}
        onChange={(next) => change({ mix: next / 100 })}
      />
    </section>
  );
}
