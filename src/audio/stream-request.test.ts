import { describe, expect, it } from 'vitest';
import type { AudioDevice } from './backend.ts';
import { findDevice, resolveFormat } from './stream-request.ts';

const device = (name: string, more: Partial<AudioDevice> = {}): AudioDevice => ({
  name,
  hostApi: 'fake',
  inputChannels: 2,
  outputChannels: 0,
  defaultSampleRateHz: 44_100,
  isDefaultInput: false,
  isDefaultOutput: false,
  ...more,
});
const yeti = device('Blue Yeti Analog Stereo');
const monitor = device('Monitor of Blue Yeti');
const webcam = device('Webcam', { isDefaultInput: true });
const speakers = device('Speakers', { inputChannels: 0, outputChannels: 8 });
const all = [yeti, monitor, webcam, speakers];

describe('finding a device', () => {
  it.each([
    ['Blue Yeti Analog Stereo', yeti],
    ['blue yeti analog stereo ', yeti],
    ['analog', yeti],
    ['WEBCAM', webcam],
    [undefined, webcam],
  ])('takes %j as a person means it', (wanted, found) => {
    expect(findDevice(all, 'input', wanted)).toBe(found);
  });

  it('never takes another one instead', () => {
    const missing = { code: 'AUDIO_DEVICE_NOT_FOUND' };
    for (const wanted of ['Speakers', 'Yeti 2', '', ' ']) {
      expect(() => findDevice(all, 'input', wanted)).toThrow(expect.objectContaining(missing));
    }
    expect(() => findDevice(all, 'input', 'yeti')).toThrow('fits 2 input devices');
    expect(() => findDevice([], 'output', undefined)).toThrow('there is no output device');
  });

  it('takes the first where the system marks no default', () => {
    expect(findDevice([yeti, monitor], 'input', undefined)).toBe(yeti);
  });
});

describe('a stream format', () => {
  it('has the device for what was not asked', () => {
    expect(resolveFormat(yeti, 'input', {})).toEqual({
      device: yeti,
      sampleRateHz: 44_100,
      channels: 1,
      blockFrames: 441,
    });
  });

  it('has no more channels than the device', () => {
    expect(resolveFormat(yeti, 'input', { channels: 8 }).channels).toBe(2);
    expect(resolveFormat(speakers, 'output', { channels: 8 }).channels).toBe(8);
  });

  it.each([
    { sampleRateHz: 7999 },
    { sampleRateHz: 192_001 },
    { sampleRateHz: NaN },
    { channels: 0 },
    { channels: -1 },
    { channels: 1.5 },
    { channels: Infinity },
    { blockMs: 0 },
    { blockMs: -5 },
    { blockMs: NaN },
    { blockMs: 1e9 },
  ])('refuses %o', (request) => {
    expect(() => resolveFormat(yeti, 'input', request)).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
  });
});
