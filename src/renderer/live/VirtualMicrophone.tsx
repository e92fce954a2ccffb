import { useTranslation } from 'react-i18next';
import { useApp, useSession } from '../store/session.tsx';
import { Switch } from '../ui/Switch.tsx';

/** The microphone that other programs can pick, or why there is none here. */
export function VirtualMicrophone() {
  const { t } = useTranslation();
  const { app } = useSession();
  const can = useApp(({ welcome }) => welcome?.can);
  const isOn = useApp(({ settings }) => settings?.virtualMicrophone ?? false);
  const name = useApp(({ status }) => status?.virtualMicrophone ?? null);
  const hint = (): string => {
    if (can?.virtualMicrophone === false) {
      return can.virtualMicrophoneHint ?? t('live.devices.virtualMissing');
    }
    if (!isOn) return t('live.devices.virtualOff');
    return name === null
      ? t('live.devices.virtualStarting')
      : t('live.devices.virtualOn', { name });
  };
  return (
    <Switch
      label={t('live.devices.virtual')}
      checked={isOn}
      disabled={can?.virtualMicrophone !== true && !isOn}
      hint={hint()}
      onChange={(virtualMicrophone) => void app.changeSettings({ virtualMicrophone })}
    />
  );
}
