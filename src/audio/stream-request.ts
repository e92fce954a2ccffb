import { UsageError } from '../common/errors.ts';
import { msToSamples } from '../common/units.ts';
import type { AudioDevice, StreamFormat, StreamRequest } from './backend.ts';
import { deviceNotFound, AudioDeviceError, type Direction } from './device-errors.ts';
import { MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './reader.ts';

/** Most channels asked of a device; hardware with more is opened with fewer. */
export const MAX_DEVICE_CHANNELS = 64;
const MIN_BLOCK_MS = 1;
const MAX_BLOCK_MS = 1000;

/** How many channels a device has in one direction. */
export function channelsOf(device: AudioDevice, direction: Direction): number {
  return direction === 'input' ? device.inputChannels : device.outputChannels;
}

/** The devices that can work in one direction. */
export function devicesFor(
  devices: readonly AudioDevice[],
  direction: Direction,
): readonly AudioDevice[] {
  return devices.filter((device) => channelsOf(device, direction) > 0);
}

/**
 * Finds the device a name means: the exact name, else the same letters in any case, else the one device
 * whose name contains it. Without a name, the default of that direction; where the system marks none, the
 * first one.
 * @throws AudioDeviceError AUDIO_DEVICE_NOT_FOUND, also when several devices fit and none exactly
 */
export function findDevice(
  devices: readonly AudioDevice[],
  direction: Direction,
  wanted: string | undefined,
): AudioDevice {
  const there = devicesFor(devices, direction);
  if (wanted === undefined) {
    const marked = there.find((device) =>
      direction === 'input' ? device.isDefaultInput : device.isDefaultOutput,
    );
    const chosen = marked ?? there[0];
    if (chosen === undefined) throw deviceNotFound(direction, undefined, there);
    return chosen;
  }
  const exact = there.find(({ name }) => name === wanted);
  if (exact !== undefined) return exact;
  const folded = fold(wanted);
  if (folded === '') throw deviceNotFound(direction, wanted, there);
  const same = there.filter(({ name }) => fold(name) === folded);
  const fitting = same.length > 0 ? same : there.filter(({ name }) => fold(name).includes(folded));
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length === 0) throw deviceNotFound(direction, wanted, there);
  throw new AudioDeviceError(
    'AUDIO_DEVICE_NOT_FOUND',
    `"${wanted}" fits ${fitting.length} ${direction} devices`,
    `Name one of them in full: ${fitting.map(({ name }) => `"${name}"`).join(', ')}.`,
  );
}

function fold(name: string): string {
  return name.normalize('NFKC').trim().toLocaleLowerCase('en');
}

/**
 * Completes a request for a device that was found.
 * @throws UsageError for values no device could have
 */
export function resolveFormat(
  device: AudioDevice,
  direction: Direction,
  request: StreamRequest,
): StreamFormat {
  const sampleRateHz = request.sampleRateHz ?? device.defaultSampleRateHz;
  if (!(sampleRateHz >= MIN_SAMPLE_RATE && sampleRateHz <= MAX_SAMPLE_RATE)) {
    throw new UsageError(
      `a sample rate of ${sampleRateHz} Hz is outside ${MIN_SAMPLE_RATE}..${MAX_SAMPLE_RATE} Hz`,
    );
  }
  const wanted = request.channels ?? 1;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_DEVICE_CHANNELS) {
    throw new UsageError(`${wanted} channels are outside 1..${MAX_DEVICE_CHANNELS}`);
  }
  const blockMs = request.blockMs ?? 10;
  if (!(blockMs >= MIN_BLOCK_MS && blockMs <= MAX_BLOCK_MS)) {
    throw new UsageError(`blocks of ${blockMs} ms are outside ${MIN_BLOCK_MS}..${MAX_BLOCK_MS} ms`);
  }
  return {
    device,
    sampleRateHz,
    channels: Math.min(wanted, channelsOf(device, direction)),
    blockFrames: Math.max(1, msToSamples(blockMs, sampleRateHz)),
  };
}
