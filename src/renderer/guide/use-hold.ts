import { useEffect, useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { useSession } from '../store/session.tsx';

const KEYS = new Set([' ', 'Enter']);

/**
 * Bypass while a button, or the B key, is held. The keys are listened for here, since a dialog is open and the
 * window's own shortcuts rest.
 * @returns handlers for the button
 */
export function useHold() {
  const { controls } = useSession();
  const isHeld = useRef(false);
  const hold = (is: boolean): void => {
    if (isHeld.current === is) return;
    isHeld.current = is;
    controls.change({ bypass: is });
  };
  const latest = useRef(hold);
  useEffect(() => {
    latest.current = hold;
  });
  useEffect(() => {
    const isB = ({ key, ctrlKey, metaKey, altKey }: globalThis.KeyboardEvent): boolean =>
      key.toLowerCase() === 'b' && !ctrlKey && !metaKey && !altKey;
    const down = (event: globalThis.KeyboardEvent): void => {
      if (isB(event)) latest.current(true);
    };
    const up = (event: globalThis.KeyboardEvent): void => {
      if (isB(event)) latest.current(false);
    };
    const away = (): void => latest.current(false);
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', away);
    return () => {
      away();
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', away);
    };
  }, []);
  return {
    onPointerDown: (event: PointerEvent) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      hold(true);
    },
    onPointerUp: () => hold(false),
    onPointerCancel: () => hold(false),
    onKeyDown: ({ key }: KeyboardEvent) => KEYS.has(key) && hold(true),
    onKeyUp: ({ key }: KeyboardEvent) => KEYS.has(key) && hold(false),
    onBlur: () => hold(false),
  };
}
