import { useTranslation } from 'react-i18next';
import { useApp, useSession } from '../store/session.tsx';
import { Select } from '../ui/Select.tsx';
import { DEFAULT_DEVICE, deviceOptions } from './device-options.ts';

export interface DeviceSelectProps {
  readonly direction: 'input' | 'output';
}

/** Picks microphone or output by name; the app follows the system's default where none is picked. */
export function DeviceSelect({ direction }: DeviceSelectProps) {
  const { t } = useTranslation();
  const { app } = useSession();
  const devices = useApp((state) => state.devices);
  const chosen = useApp(({ settings }) => settings?.[direction] ?? null);
  const virtual = useApp(({ settings }) => settings?.virtualMicrophone ?? false);
  const label = t(direction === 'input' ? 'live.devices.microphone' : 'live.devices.output');
  if (direction === 'output' && virtual) {
    return (
      <Select
        label={label}
        value=""
        options={[{ value: '', label: t('live.devices.virtual') }]}
        onChange={() => {}}
        disabled
      />
    );
  }
  const options = deviceOptions(devices, direction, chosen, {
    systemDefault: (name) =>
      name === undefined
        ? t('live.devices.systemDefaultUnknown')
        : t('live.devices.systemDefault', { name }),
    missing: (name) => t('live.devices.missing', { name }),
  });
  return (
    <Select
      label={label}
      value={chosen ?? DEFAULT_DEVICE}
      options={options}
      onChange={(value) =>
        void app.changeSettings({ [direction]: value === DEFAULT_DEVICE ? null : value })
      }
    />
  );
}
