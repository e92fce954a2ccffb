import { formatLength } from '../format.ts';

/** A place in a sound: 62.34 → `1:02.3`; `1:00:05` from an hour on, where tenths are out of sight. */
export function formatPlace(seconds: number): string {
  const tenths = Math.max(0, Math.floor(seconds * 10 + 1e-6));
  if (tenths >= 36_000) return formatLength(tenths / 10);
  return `${formatLength(Math.floor(tenths / 10))}.${tenths % 10}`;
}
