/** Keys by the names that Electron's accelerators have for them. */
const NAMED: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  '+': 'Plus',
};
const OTHERS = new Set([
  'Home',
  'End',
  'PageUp',
  'PageDown',
  'Insert',
  'Delete',
  'Backspace',
  'Tab',
]);

type Keys = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'>;

/**
 * @returns the keys as an Electron accelerator, e.g. `Control+Shift+M`; `null` while only modifiers are down, or
 * for keys that would take something from typing: a letter needs Ctrl, Alt or the system's key
 */
export function toAccelerator({
  key,
  code,
  ctrlKey,
  altKey,
  shiftKey,
  metaKey,
}: Keys): string | null {
  const name = nameOf(key, code);
  if (name === null) return null;
  const isFunctionKey = /^F\d+$/.test(name);
  if (!isFunctionKey && !ctrlKey && !altKey && !metaKey) return null;
  return [
    ...(ctrlKey ? ['Control'] : []),
    ...(altKey ? ['Alt'] : []),
    ...(shiftKey ? ['Shift'] : []),
    ...(metaKey ? ['Super'] : []),
    name,
  ].join('+');
}

function nameOf(key: string, code: string): string | null {
  // By place on the keyboard, since with Alt or Shift `key` is another sign.
  const letter = /^(?:Key([A-Z])|Digit(\d))$/.exec(code);
  if (letter !== null) return letter[1] ?? letter[2] ?? null;
  if (/^F([1-9]|1\d|2[0-4])$/.test(key)) return key;
  if (key in NAMED) return NAMED[key]!;
  return OTHERS.has(key) ? key : null;
}
