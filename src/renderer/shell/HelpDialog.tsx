import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { useNavigation } from './navigation.ts';
import { shortcuts, type Shortcut } from './shortcuts.ts';

/** Keys that work in the view behind it, what the app does, and the way back to the guide. */
export function HelpDialog() {
  const { isHelpOpen, openHelp, openGuide } = useNavigation();
  const { t } = useTranslation();
  return (
    <Dialog
      title={t('common.help.title')}
      isOpen={isHelpOpen}
      onClose={() => openHelp(false)}
      size="medium"
    >
      <div className="help">
        <section>
          <h3>{t('common.help.shortcuts')}</h3>
          <ShortcutTable />
          <p className="muted small">{t('common.help.shortcutsHint')}</p>
        </section>
        <section>
          <h3>{t('common.help.how')}</h3>
          <p className="muted">{t('common.help.howText')}</p>
        </section>
        <section className="help__guide">
          <div>
            <h3>{t('common.help.guide')}</h3>
            <p className="muted">{t('common.help.guideHint')}</p>
          </div>
          <Button
            onClick={() => {
              openHelp(false);
              openGuide(true);
            }}
          >
            {t('common.help.openGuide')}
          </Button>
        </section>
      </div>
    </Dialog>
  );
}

function ShortcutTable() {
  const { t } = useTranslation();
  const groups = new Map<string, Shortcut[]>();
  for (const shortcut of shortcuts.list()) {
    groups.set(shortcut.group, [...(groups.get(shortcut.group) ?? []), shortcut]);
  }
  return (
    <table className="help__keys">
      <tbody>
        {[...groups].map(([group, list]) => (
          <Fragment key={group}>
            <tr>
              <th colSpan={2} scope="rowgroup">
                {group}
              </th>
            </tr>
            {list.map((shortcut) => (
              <tr key={shortcut.label}>
                <td>
                  <Keys shortcut={shortcut} />
                </td>
                <td>{shortcut.label}</td>
              </tr>
            ))}
          </Fragment>
        ))}
        <tr>
          <td />
          <td className="muted small">{t('common.help.buttons')}</td>
        </tr>
      </tbody>
    </table>
  );
}

function Keys({ shortcut: { keys, shown, release } }: { readonly shortcut: Shortcut }) {
  const { t } = useTranslation();
  const names = shown === undefined ? keys.map(keyName) : [shown];
  return (
    <>
      {release !== undefined && <span className="muted small">{t('common.help.hold')} </span>}
      {names.map((name, i) => (
        <Fragment key={name}>
          {i > 0 && <span className="muted small"> {t('common.help.or')} </span>}
          <kbd>{name}</kbd>
        </Fragment>
      ))}
    </>
  );
}

const ARROWS: Readonly<Record<string, string>> = {
  arrowleft: '←',
  arrowright: '→',
  arrowup: '↑',
  arrowdown: '↓',
};
const keyName = (key: string): string =>
  ARROWS[key] ?? (key.length === 1 ? key.toUpperCase() : key);
