import { RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Settings } from '../../ipc/app/settings.ts';
import { DeviceSelect } from '../live/DeviceSelect.tsx';
import { VirtualMicrophone } from '../live/VirtualMicrophone.tsx';
import { useApp, useSession } from '../store/session.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Card } from '../ui/Card.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Select } from '../ui/Select.tsx';

const BLOCKS = ['5', '10', '20'] as const;
/** Files and simulated devices are for tests: shown only where one of them is set. */
const BACKENDS: readonly Settings['backend'][] = ['auto', 'portaudio', 'decibri'];

export function SoundSettings({ settings }: { readonly settings: Settings }) {
  const { t } = useTranslation();
  const { app } = useSession();
  const inUse = useApp(({ status }) => status?.backend ?? null);
  const { blockMs, backend } = settings;
  return (
    <Card
      title={t('settings.sound.title')}
      aside={
        <IconButton
          label={t('settings.sound.refresh')}
          icon={<RefreshCw size={16} aria-hidden="true" />}
          onClick={() => void app.refreshDevices()}
        />
      }
    >
      <DeviceSelect direction="input" />
      <DeviceSelect direction="output" />
      <VirtualMicrophone />
      <div className="ui-row">
        <div className="ui-words">
          <span className="ui-label">{t('settings.sound.block')}</span>
          <p className="ui-hint">{t('settings.sound.blockHint')}</p>
        </div>
        <Segmented
          label={t('settings.sound.block')}
          value={String(blockMs) as (typeof BLOCKS)[number]}
          options={BLOCKS.map((ms) => ({ value: ms, label: t('settings.sound.blockMs', { ms }) }))}
          onChange={(ms) => void app.changeSettings({ blockMs: Number(ms) as Settings['blockMs'] })}
        />
      </div>
      <Select
        label={t('settings.sound.backend')}
        value={backend}
        options={[...new Set([...BACKENDS, backend])].map((value) => ({
          value,
          label: t(`settings.sound.backends.${value}`),
        }))}
        {...(inUse === null ? {} : { hint: t('settings.sound.backendHint', { backend: inUse }) })}
        onChange={(next) => void app.changeSettings({ backend: next })}
      />
    </Card>
  );
}
