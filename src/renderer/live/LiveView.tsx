import { useTranslation } from 'react-i18next';

export function LiveView() {
  const { t } = useTranslation();
  return (
    <div className="view">
      <h1>{t('live.title')}</h1>
    </div>
  );
}
