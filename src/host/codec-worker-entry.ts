import { moduleUrl } from '../common/module-url.ts';

/** Where the codec's worker begins: as built, or as source with its loader. */
export function codecWorkerEntry(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return isSource
    ? new URL('./codec-worker-boot.mjs', import.meta.url)
    : moduleUrl('./codec-worker', import.meta.url);
}
