import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useApp, useSession } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { toAccelerator } from './accelerator.ts';

/** The keys that turn the voice on and off from anywhere: pressed once, they are chosen. */
export function ShortcutField() {
  const { t } = useTranslation();
  const { app } = useSession();
  const shortcut = useApp(({ settings }) => settings?.shortcut ?? null);
  const [isListening, setListening] = useState(false);
  const shown = shortcut?.split('+') ?? [];
  return (
    <div className="ui-row">
      <div className="ui-words">
        <span className="ui-label" id="shortcut-label">
          {t('settings.start.shortcut')}
        </span>
        <p className="ui-hint">{t('settings.start.shortcutHint')}</p>
      </div>
      <div className="settings__keys" role="group" aria-labelledby="shortcut-label">
        <span aria-live="polite">
          {shown.length === 0
            ? t('settings.start.shortcutNone')
            : shown.map((key) => <kbd key={key}>{key}</kbd>)}
        </span>
        <Button
          pressed={isListening}
          onClick={() => setListening(true)}
          onBlur={() => setListening(false)}
          onKeyDown={(event) => {
            if (!isListening || event.key === 'Tab') return;
            event.preventDefault();
            event.stopPropagation();
            if (event.key === 'Escape') return setListening(false);
            const chosen = toAccelerator(event.nativeEvent);
            if (chosen === null) return;
            setListening(false);
            void app.changeSettings({ shortcut: chosen });
          }}
        >
          {t(isListening ? 'settings.start.shortcutPress' : 'settings.start.shortcutChange')}
        </Button>
        {shortcut !== null && (
          <Button variant="quiet" onClick={() => void app.changeSettings({ shortcut: null })}>
            {t('settings.start.shortcutClear')}
          </Button>
        )}
      </div>
    </div>
  );
}
