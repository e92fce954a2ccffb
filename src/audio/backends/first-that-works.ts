import { ResiduaError } from '../../common/errors.ts';
import type { AudioBackend } from '../backend.ts';
import { AudioDeviceError } from '../device-errors.ts';

/**
 * Tries back ends in turn until one can list its devices; the others are disposed.
 * @param candidates the best first
 * @throws AudioDeviceError AUDIO_UNAVAILABLE that says what is wrong with each, with the first one's hint
 */
export async function firstThatWorks(
  candidates: readonly (() => AudioBackend)[],
): Promise<AudioBackend> {
  const problems: { readonly id: string; readonly error: unknown }[] = [];
  for (const create of candidates) {
    const backend = create();
    try {
      await backend.devices();
      return backend;
    } catch (error) {
      await backend.dispose();
      problems.push({ id: backend.id, error });
    }
  }
  const [first] = problems;
  const reasons = problems.map(({ id, error }) => `${id}: ${(error as Error).message}`);
  throw new AudioDeviceError(
    'AUDIO_UNAVAILABLE',
    `no way to the sound card works here (${reasons.join('; ')})`,
    first?.error instanceof ResiduaError ? first.error.hint : undefined,
    first?.error,
  );
}
