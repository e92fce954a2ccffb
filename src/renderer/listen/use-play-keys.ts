import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { isTyping, useShortcuts } from '../shell/shortcuts.ts';

/** Controls that space itself operates; inside `data-space="play"` it plays all the same. */
const OPERATED =
  'button, a[href], summary, [role="menuitem"], [role="radio"], [role="switch"], input';

/**
 * Space plays and pauses, wherever space has nothing else to do.
 * @param toggle may change at every render
 */
export function usePlayKeys(toggle: () => void): void {
  const { t } = useTranslation();
  const latest = useRef(toggle);
  useEffect(() => {
    latest.current = toggle;
  });
  // Named in the help; the key itself belongs to the focused control first, and so is handled below.
  useShortcuts([
    {
      keys: [],
      shown: t('listen.space'),
      group: t('listen.player'),
      label: t('listen.playPause'),
      run() {},
    },
  ]);
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      if (key !== ' ' || ctrlKey || metaKey || altKey || isTyping(target)) return;
      if (document.querySelector('dialog[open]:modal') !== null) return;
      const element = target instanceof Element ? target : null;
      const isOperated = (element?.closest(OPERATED) ?? null) !== null;
      if (isOperated && element?.closest('[data-space="play"]') === null) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) latest.current();
    };
    // Buttons are pressed when space is let go.
    const up = (event: KeyboardEvent): void => {
      const element = event.target instanceof Element ? event.target : null;
      if (event.key === ' ' && (element?.closest('[data-space="play"]') ?? null) !== null)
        event.preventDefault();
    };
    window.addEventListener('keydown', down, true);
    window.addEventListener('keyup', up, true);
    return () => {
      window.removeEventListener('keydown', down, true);
      window.removeEventListener('keyup', up, true);
    };
  }, []);
}
