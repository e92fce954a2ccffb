import { useTranslation } from 'react-i18next';
import { useApp } from '../store/session.tsx';
import { About } from './About.tsx';
import { FileSettings, RecordingSettings } from './FileSettings.tsx';
import { ModelSettings } from './ModelSettings.tsx';
import { SelfTest } from './SelfTest.tsx';
import './settings.css';
import { LookSettings, StartSettings } from './ShellSettings.tsx';
import { SoundSettings } from './SoundSettings.tsx';

/** Everything that is remembered; a change counts at once. */
export function SettingsView() {
  const { t } = useTranslation();
  const settings = useApp((state) => state.settings);
  if (settings === null) return null;
  return (
    <div className="view settings">
      <header className="view__head">
        <h1>{t('settings.title')}</h1>
      </header>
      <div className="settings__columns">
        <div>
          <SoundSettings settings={settings} />
          <SelfTest />
          <ModelSettings settings={settings} />
        </div>
        <div>
          <LookSettings settings={settings} />
          <StartSettings settings={settings} />
          <RecordingSettings settings={settings} />
          <FileSettings settings={settings} />
          <About />
        </div>
      </div>
    </div>
  );
}
