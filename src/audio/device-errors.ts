import { ResiduaError } from '../common/errors.ts';
import type { AudioDevice } from './backend.ts';

/** The two ways sound goes, as people say it. */
export type Direction = 'input' | 'output';

/**
 * What can go wrong with a device:
 * - `AUDIO_UNAVAILABLE`: the back end cannot work here at all;
 * - `AUDIO_DEVICE_NOT_FOUND`: no device of that name, or none at all;
 * - `AUDIO_DEVICE_REFUSED`: the device is there and does not open so (busy, rate, channels);
 * - `AUDIO_DEVICE_LOST`: a running stream is gone (unplugged, sound server ended); open anew;
 * - `AUDIO_DEVICE_STALLED`: a running stream made no progress for too long; open anew.
 */
export type DeviceErrorCode =
  | 'AUDIO_UNAVAILABLE'
  | 'AUDIO_DEVICE_NOT_FOUND'
  | 'AUDIO_DEVICE_REFUSED'
  | 'AUDIO_DEVICE_LOST'
  | 'AUDIO_DEVICE_STALLED';

/** A problem with a sound device or with a whole back end. Exit status 1. */
export class AudioDeviceError extends ResiduaError {
  override readonly name = 'AudioDeviceError';
  declare readonly code: DeviceErrorCode;

  constructor(code: DeviceErrorCode, message: string, hint?: string, cause?: unknown) {
    super(code, message, { ...(hint === undefined ? {} : { hint }), cause });
  }
}

/** @param there the devices of that direction that could have been named */
export function deviceNotFound(
  direction: Direction,
  wanted: string | undefined,
  there: readonly AudioDevice[],
): AudioDeviceError {
  const what =
    wanted === undefined
      ? `there is no ${direction} device`
      : `there is no ${direction} device "${wanted}"`;
  const hint =
    there.length === 0
      ? `Connect ${direction === 'input' ? 'a microphone' : 'headphones or a loudspeaker'}; \`residua devices\` lists what is found.`
      : `There are: ${there.map(({ name }) => `"${name}"`).join(', ')}.`;
  return new AudioDeviceError('AUDIO_DEVICE_NOT_FOUND', what, hint);
}

export function deviceRefused(
  direction: Direction,
  device: string,
  why: string,
  cause?: unknown,
): AudioDeviceError {
  return new AudioDeviceError(
    'AUDIO_DEVICE_REFUSED',
    `the ${direction} device "${device}" cannot be opened (${why})`,
    'Choose another device or rate, or close the program that is using it.',
    cause,
  );
}

export function deviceLost(
  direction: Direction,
  device: string,
  why: string,
  cause?: unknown,
): AudioDeviceError {
  return new AudioDeviceError(
    'AUDIO_DEVICE_LOST',
    `the ${direction} device "${device}" is gone (${why})`,
    'It is opened again as soon as it is back.',
    cause,
  );
}

export function deviceStalled(
  direction: Direction,
  device: string,
  silentMs: number,
): AudioDeviceError {
  const did = direction === 'input' ? 'delivered no sound' : 'took no sound';
  return new AudioDeviceError(
    'AUDIO_DEVICE_STALLED',
    `the ${direction} device "${device}" ${did} for ${Math.round(silentMs)} ms`,
    'It is opened again as soon as it works.',
  );
}
