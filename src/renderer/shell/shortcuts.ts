import { useEffect, useRef } from 'react';

/** What keys do, in one place: one listener for the window, and the help sheet reads the list. */
export interface Shortcut {
  /** As `KeyboardEvent.key`, letters in lower case; any of them. */
  readonly keys: readonly string[];
  /** For the help sheet; its words. */
  readonly group: string;
  readonly label: string;
  /** How the keys are shown, where not one by one: `1–9`. */
  readonly shown?: string;
  /** @param key the one that was pressed */
  run(key: string): void;
  /** Makes it last while it is held: called when the key is let go, or the window loses the keyboard. */
  release?(): void;
}

/** Where keys belong to what is focused, not to shortcuts. */
const TYPING = new Set([
  'text',
  'search',
  'number',
  'email',
  'url',
  'password',
  'tel',
  'date',
  'time',
]);

/** @returns whether the person is typing there, or choosing from a list */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('[contenteditable=""], [contenteditable="true"], textarea, select') !== null) {
    return true;
  }
  const input = target.closest('input');
  return input !== null && TYPING.has(input.type);
}

/** Keys that press whatever control has the focus; elsewhere they may be shortcuts. */
const PRESSING = new Set([' ', 'enter']);
const CONTROLS = 'button, a[href], input, summary, [role="radio"], [role="tab"], [role="option"]';

const presses = (key: string, target: EventTarget | null): boolean =>
  PRESSING.has(key) && target instanceof Element && target.closest(CONTROLS) !== null;

type KeyInfo = Pick<
  KeyboardEvent,
  'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat' | 'target'
> & {
  readonly defaultPrevented?: boolean;
};

export class Shortcuts {
  readonly #all = new Set<Shortcut>();
  readonly #held = new Map<string, Shortcut>();

  /** Later ones come before earlier ones of the same key. @returns takes it away again */
  add(shortcut: Shortcut): () => void {
    this.#all.add(shortcut);
    return () => {
      this.#all.delete(shortcut);
      for (const [key, held] of [...this.#held]) if (held === shortcut) this.up(key);
    };
  }

  list(): Shortcut[] {
    return [...this.#all];
  }

  /** @param isModal while a dialog is open: keys are its own. @returns whether the key was used */
  down(event: KeyInfo, isModal = false): boolean {
    const { ctrlKey, metaKey, altKey, target, defaultPrevented = false } = event;
    if (ctrlKey || metaKey || altKey || defaultPrevented || isModal || isTyping(target))
      return false;
    const key = event.key.toLowerCase();
    if (presses(key, target)) return false;
    const shortcut = [...this.#all].reverse().find(({ keys }) => keys.includes(key));
    if (shortcut === undefined) return false;
    if (event.repeat || this.#held.has(key)) return true;
    if (shortcut.release !== undefined) this.#held.set(key, shortcut);
    shortcut.run(key);
    return true;
  }

  up(key: string): void {
    const held = this.#held.get(key.toLowerCase());
    if (held === undefined) return;
    this.#held.delete(key.toLowerCase());
    held.release?.();
  }

  /** The keyboard went elsewhere: nothing is held any more. */
  releaseAll(): void {
    for (const key of [...this.#held.keys()]) this.up(key);
  }

  /** @returns stops it */
  listen(window: Window): () => void {
    const down = (event: KeyboardEvent): void => {
      const isModal = window.document.querySelector('dialog[open]:modal, [inert]') !== null;
      if (this.down(event, isModal)) event.preventDefault();
    };
    const up = (event: KeyboardEvent): void => this.up(event.key);
    const away = (): void => this.releaseAll();
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', away);
    return () => {
      this.releaseAll();
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', away);
    };
  }
}

/** Of this window. */
export const shortcuts = new Shortcuts();

/** Adds shortcuts while the component is shown. What they do may change at every render, their keys may not. */
export function useShortcuts(list: readonly Shortcut[]): void {
  const latest = useRef(list);
  useEffect(() => {
    latest.current = list;
  });
  const fixed = list
    .map(({ keys, group, label, shown, release }) =>
      JSON.stringify([keys, group, label, shown, release !== undefined]),
    )
    .join('\n');
  useEffect(() => {
    const removes = latest.current.map((shortcut, i) =>
      shortcuts.add({
        ...shortcut,
        run: (key) => latest.current[i]?.run(key),
        ...(shortcut.release === undefined
          ? {}
          : { release: () => latest.current[i]?.release?.() }),
      }),
    );
    return () => removes.forEach((remove) => remove());
  }, [fixed]);
}
