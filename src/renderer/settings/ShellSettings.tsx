import { useTranslation } from 'react-i18next';
import type { Settings } from '../../ipc/app/settings.ts';
import { useApp, useSession } from '../store/session.tsx';
import { LANGUAGES } from '../strings/i18n.ts';
import { Card } from '../ui/Card.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import { ShortcutField } from './ShortcutField.tsx';

const THEMES = ['system', 'light', 'dark'] as const;

export function LookSettings({ settings }: { readonly settings: Settings }) {
  const { t } = useTranslation();
  const { app } = useSession();
  return (
    <Card title={t('settings.look.title')}>
      <div className="ui-row">
        <span className="ui-label">{t('settings.look.theme')}</span>
        <Segmented
          label={t('settings.look.theme')}
          value={settings.theme}
          options={THEMES.map((value) => ({ value, label: t(`settings.look.themes.${value}`) }))}
          onChange={(theme) => void app.changeSettings({ theme })}
        />
      </div>
      <Select
        label={t('settings.look.language')}
        value={settings.language ?? ''}
        options={[
          { value: '', label: t('settings.look.languageSystem') },
          ...Object.entries(LANGUAGES).map(([value, label]) => ({ value, label })),
        ]}
        onChange={(language) =>
          void app.changeSettings({ language: language === '' ? null : language })
        }
      />
    </Card>
  );
}

/** What this shell can do of starting by itself and staying in the background. */
export function StartSettings({ settings }: { readonly settings: Settings }) {
  const { t } = useTranslation();
  const { app } = useSession();
  const can = useApp(({ welcome }) => welcome?.can);
  return (
    <Card title={t('settings.start.title')}>
      <Switch
        label={t('settings.start.live')}
        checked={settings.startLive}
        onChange={(startLive) => void app.changeSettings({ startLive })}
      />
      {can?.autostart && (
        <Switch
          label={t('settings.start.autostart')}
          checked={settings.autostart}
          onChange={(autostart) => void app.changeSettings({ autostart })}
        />
      )}
      {can?.tray && (
        <>
          <Switch
            label={t('settings.start.minimized')}
            checked={settings.startMinimized}
            onChange={(startMinimized) => void app.changeSettings({ startMinimized })}
          />
          <Switch
            label={t('settings.start.tray')}
            checked={settings.closeToTray}
            onChange={(closeToTray) => void app.changeSettings({ closeToTray })}
          />
        </>
      )}
      {can?.shortcut && <ShortcutField />}
    </Card>
  );
}
