import { useTranslation } from 'react-i18next';

export function SettingsView() {
  const { t } = useTranslation();
  return (
    <div className="view">
      <h1>{t('settings.title')}</h1>
    </div>
  );
}
