import { AudioDeviceError } from '../../device-errors.ts';
import { explainLoadFailure } from './availability.ts';
import { nameDevices, type NamedDevice } from './device-names.ts';
import { replyOf } from './device-process.ts';
import type { Reply } from './protocol.ts';

const LIMIT_MS = 10_000;

type Devices = Reply & { type: 'devices' };

/**
 * PortAudio's own list, made in a fresh process: PortAudio freezes it while a stream is open.
 * @throws AudioDeviceError AUDIO_UNAVAILABLE
 */
export async function enumerate(
  env: Readonly<Record<string, string>>,
): Promise<readonly NamedDevice[]> {
  const isDevices = (reply: Reply): reply is Devices => reply.type === 'devices';
  let answer: Awaited<ReturnType<typeof replyOf<Devices>>>;
  try {
    answer = await replyOf({ type: 'enumerate', env }, isDevices, LIMIT_MS);
  } catch (cause) {
    throw new AudioDeviceError(
      'AUDIO_UNAVAILABLE',
      `the sound devices cannot be listed (${(cause as Error).message})`,
      'Try again; if it stays so, restart the sound server or the machine.',
      cause,
    );
  }
  const { reply } = answer;
  if (reply.type === 'devices') return nameDevices(reply.devices, reply.hostApis);
  if (reply.reason === 'missing') throw explainLoadFailure(reply.message);
  throw new AudioDeviceError('AUDIO_UNAVAILABLE', `PortAudio does not start (${reply.message})`);
}
