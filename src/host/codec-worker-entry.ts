/** Where the codec's worker begins: as built beside this file, or as source with its loader. */
export function codecWorkerEntry(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? './codec-worker-boot.mjs' : './codec-worker.js', import.meta.url);
}
