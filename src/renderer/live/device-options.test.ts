import { describe, expect, it } from 'vitest';
import type { AudioDevice } from '../../ipc/live.ts';
import { DEFAULT_DEVICE, deviceOptions } from './device-options.ts';

const words = {
  systemDefault: (name: string | undefined) => `default: ${name ?? '?'}`,
  missing: (name: string) => `${name} missing`,
};
const device = (name: string, change: Partial<AudioDevice>): AudioDevice => ({
  name,
  hostApi: 'x',
  inputChannels: 0,
  outputChannels: 0,
  defaultSampleRateHz: 48_000,
  isDefaultInput: false,
  isDefaultOutput: false,
  ...change,
});
const devices = [
  device('Headset', { inputChannels: 1, outputChannels: 2, isDefaultOutput: true }),
  device('Webcam', { inputChannels: 2, isDefaultInput: true }),
  device('Webcam', { inputChannels: 2, hostApi: 'y' }),
  device('Speakers', { outputChannels: 2 }),
];
const labels = (...given: Parameters<typeof deviceOptions>) =>
  deviceOptions(...given).map(({ label }) => label);

describe('deviceOptions', () => {
  it('lists the devices of a direction once each, the default of the system first', () => {
    expect(labels(devices, 'input', null, words)).toEqual(['default: Webcam', 'Headset', 'Webcam']);
    expect(labels(devices, 'output', null, words)).toEqual([
      'default: Headset',
      'Headset',
      'Speakers',
    ]);
  });

  it('keeps the chosen device while it is unplugged', () => {
    expect(deviceOptions(devices, 'input', 'Studio mic', words).at(-1)).toEqual({
      value: 'Studio mic',
      label: 'Studio mic missing',
    });
  });

  it('offers the default even where there is no device', () => {
    expect(deviceOptions([], 'output', null, words)).toEqual([
      { value: DEFAULT_DEVICE, label: 'default: ?' },
    ]);
  });
});
