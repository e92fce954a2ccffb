import { ClipboardCopy } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigation } from '../shell/navigation.ts';
import { useApp, useSession } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { Card } from '../ui/Card.tsx';

/** Version, the guide again, and what a bug report needs. */
export function About() {
  const { t } = useTranslation();
  const { app, client } = useSession();
  const { openGuide } = useNavigation();
  const version = useApp(({ welcome }) => welcome?.appVersion ?? '');
  /** Where there is no clipboard. */
  const [text, setText] = useState<string | null>(null);
  const copy = async (): Promise<void> => {
    const diagnostics = await app.attempt(() => client.call('diagnostics', null));
    if (diagnostics === undefined) return;
    try {
      await navigator.clipboard.writeText(diagnostics);
      setText(null);
      app.notify('info', t('settings.about.copied'));
    } catch {
      setText(diagnostics);
    }
  };
  return (
    <Card title={t('settings.about.title')}>
      <div className="ui-row">
        <div className="ui-words">
          <span className="ui-label">{t('settings.about.version', { version })}</span>
          <p className="ui-hint">{t('settings.about.text')}</p>
        </div>
        <Button onClick={() => openGuide(true)}>{t('settings.about.guide')}</Button>
      </div>
      <div className="ui-row">
        <p className="ui-hint">{t('settings.about.diagnosticsHint')}</p>
        <Button icon={<ClipboardCopy size={16} aria-hidden="true" />} onClick={() => void copy()}>
          {t('settings.about.diagnostics')}
        </Button>
      </div>
      {text !== null && (
        <label className="settings__text">
          {t('settings.about.copyFailed')}
          <textarea
            readOnly
            rows={10}
            value={text}
            className="ui-field"
            onFocus={({ target }) => target.select()}
          />
        </label>
      )}
    </Card>
  );
}
