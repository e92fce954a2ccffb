import type { Settings } from '../../ipc/app/settings.ts';

/** Shows a theme; `system` leaves it to the system, also when that changes. */
export function showTheme(theme: Settings['theme']): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
  for (const listener of listeners) listener();
}

const listeners = new Set<() => void>();
const queries =
  typeof window === 'undefined'
    ? []
    : ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
for (const query of queries) {
  query.addEventListener('change', () => {
    for (const listener of listeners) listener();
  });
}

/** Tells whenever colours may have changed. @returns stops it */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @returns colours of the theme for a canvas, which knows no `var()`: name of each token → value */
export function readColors<N extends string>(
  element: HTMLElement,
  names: readonly N[],
): Record<N, string> {
  const before = element.style.color;
  const colors = {} as Record<N, string>;
  for (const name of names) {
    element.style.color = `var(--${name})`;
    colors[name] = getComputedStyle(element).color;
  }
  element.style.color = before;
  return colors;
}
