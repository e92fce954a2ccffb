import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Settings } from '../../ipc/app/settings.ts';
import { formatKbps, formatNumber } from '../format.ts';
import { kbpsOf } from '../live/quantizers.ts';
import { useModel, useQuantizerWords } from '../live/use-model.ts';
import { useApp, useSession } from '../store/session.tsx';
import { Card } from '../ui/Card.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Select } from '../ui/Select.tsx';
import { Slider } from '../ui/Slider.tsx';
import { TextField } from '../ui/TextField.tsx';

const FORMATS = ['16', '24', 'float'] as const;
const folderOf = (text: string): string | null => (text.trim() === '' ? null : text.trim());

export function RecordingSettings({ settings }: { readonly settings: Settings }) {
  const { t } = useTranslation();
  const { app } = useSession();
  const usual = useApp(({ welcome }) => welcome?.recordingsFolder ?? '');
  const { folder, sampleFormat } = settings.recordings;
  return (
    <Card title={t('settings.recordings.title')}>
      <TextField
        label={t('settings.recordings.folder')}
        value={folder ?? ''}
        placeholder={usual}
        onCommit={(text) => void app.changeSettings({ recordings: { folder: folderOf(text) } })}
      />
      <div className="ui-row">
        <span className="ui-label">{t('settings.recordings.format')}</span>
        <Segmented
          label={t('settings.recordings.format')}
          value={sampleFormat}
          options={FORMATS.map((value) => ({
            value,
            label: t(`settings.recordings.formats.${value}`),
          }))}
          onChange={(value) => void app.changeSettings({ recordings: { sampleFormat: value } })}
        />
      </div>
    </Card>
  );
}

/** What new files in the queue start with. */
export function FileSettings({ settings }: { readonly settings: Settings }) {
  const { t } = useTranslation();
  const { app } = useSession();
  const hasPaths = useApp(({ welcome }) => welcome?.can.filePaths ?? false);
  const { quantizers } = useModel();
  const describe = useQuantizerWords();
  const { files } = settings;
  const chosen = quantizers.find(({ id }) => id === files.quantizer);
  const max = chosen?.maxCodebooks ?? 0;
  const codebooks = useDraft(files.codebooks ?? max, (count) =>
    app.changeSettings({ files: { codebooks: count === max ? null : count } }),
  );
  const mix = useDraft(Math.round(files.mix * 100), (percent) =>
    app.changeSettings({ files: { mix: percent / 100 } }),
  );
  return (
    <Card title={t('settings.files.title')}>
      <p className="ui-hint">{t('settings.files.hint')}</p>
      <Select
        label={t('settings.files.quantizer')}
        value={files.quantizer ?? ''}
        options={[
          { value: '', label: t('settings.files.usual') },
          ...quantizers.map((quantizer) => ({
            value: quantizer.id,
            label: `${describe(quantizer).short}: ${describe(quantizer).name}`,
          })),
        ]}
        onChange={(id) =>
          void app.changeSettings({ files: { quantizer: id === '' ? null : id, codebooks: null } })
        }
      />
      {chosen !== undefined && max > 1 && (
        <Slider
          label={t('settings.files.codebooks')}
          value={codebooks.value}
          min={1}
          max={max}
          hasMarks
          valueText={t('settings.files.codebooksText', {
            count: codebooks.value,
            max,
            kbps: formatKbps(kbpsOf(chosen, codebooks.value)),
          })}
          resetTo={max}
          onChange={codebooks.set}
          onCommit={codebooks.commit}
        />
      )}
      <Slider
        label={t('settings.files.mix')}
        value={mix.value}
        min={0}
        max={100}
        valueText={t('live.sliders.mixText', { percent: formatNumber(mix.value) })}
        onChange={mix.set}
        onCommit={mix.commit}
      />
      {hasPaths && (
        <TextField
          label={t('settings.files.folder')}
          value={files.folder ?? ''}
          placeholder={t('settings.files.folderBeside')}
          onCommit={(text) => void app.changeSettings({ files: { folder: folderOf(text) } })}
        />
      )}
    </Card>
  );
}

/** A value that follows the hand and is kept when the hand lets go. */
function useDraft(
  kept: number,
  keep: (value: number) => Promise<void>,
): { readonly value: number; set(value: number): void; commit(value: number): void } {
  const [value, set] = useState(kept);
  useEffect(() => set(kept), [kept]);
  return { value, set, commit: (next) => void keep(next) };
}
