import { existsSync } from 'node:fs';

/** Where a worker process begins: as source, or as built beside this file or, from a shared chunk, one above. */
export function workEntry(): URL {
  if (import.meta.url.endsWith('.ts')) return new URL('./work-main.ts', import.meta.url);
  const beside = new URL('./work-main.js', import.meta.url);
  return existsSync(beside) ? beside : new URL('../work-main.js', import.meta.url);
}
