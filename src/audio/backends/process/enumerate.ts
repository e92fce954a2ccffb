import { AudioDeviceError } from '../../device-errors.ts';
import { nameDevices, type NamedDevice } from './device-names.ts';
import { replyOf } from './device-process.ts';
import type { Reply } from './protocol.ts';
import type { Driver } from './target.ts';

const LIMIT_MS = 10_000;

type Devices = Reply & { type: 'devices' };

/**
 * The library's own list, made in a fresh process: PortAudio freezes it while a stream is open.
 * @throws AudioDeviceError AUDIO_UNAVAILABLE
 */
export async function enumerate(
  driver: Driver,
  env: Readonly<Record<string, string>>,
): Promise<readonly NamedDevice[]> {
  const isDevices = (reply: Reply): reply is Devices => reply.type === 'devices';
  let answer: Awaited<ReturnType<typeof replyOf<Devices>>>;
  try {
    answer = await replyOf(driver.script, { type: 'enumerate', env }, isDevices, LIMIT_MS);
  } catch (cause) {
    throw new AudioDeviceError(
      'AUDIO_UNAVAILABLE',
      `the sound devices cannot be listed (${(cause as Error).message})`,
      'Try again; if it stays so, restart the sound server or the machine.',
      cause,
    );
  }
  const { reply } = answer;
  if (reply.type === 'devices') return nameDevices(reply.devices, driver.preferredHostApis);
  if (reply.reason === 'missing') throw driver.explainLoadFailure(reply.message);
  throw new AudioDeviceError(
    'AUDIO_UNAVAILABLE',
    `the sound system does not start (${reply.message})`,
  );
}
