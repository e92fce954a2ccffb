import { describe, expect, it } from 'vitest';
import { nameDevices } from './device-names.ts';
import type { RawDevice } from './protocol.ts';

const raw = (name: string, inputs: number, outputs: number, hostApi = 'ALSA'): RawDevice => ({
  name,
  hostApi,
  inputChannels: inputs,
  outputChannels: outputs,
  defaultSampleRateHz: 48_000,
  isDefaultInput: false,
  isDefaultOutput: false,
});

describe('names of devices', () => {
  it('are numbered where two are the same, each direction by itself', () => {
    const named = nameDevices(
      [raw('USB', 1, 0), raw('USB', 0, 2), raw('USB', 1, 0), raw('None', 0, 0), raw(' ', 1, 1)],
      [],
    );
    expect(named.map(({ device }) => device.name)).toEqual([
      'USB',
      'USB',
      'USB #2',
      'unnamed device',
    ]);
    expect(named[2]!.key.input).toEqual({ name: 'USB', hostApi: 'ALSA', occurrence: 1 });
    expect(named[1]!.key.output).toEqual({ name: 'USB', hostApi: 'ALSA', occurrence: 0 });
  });

  it('show each piece of hardware once where several host APIs list it', () => {
    const all = [
      raw('Mic (MME cuts na', 1, 0, 'MME'),
      raw('Mic (MME cuts names)', 1, 0, 'Windows DirectSound'),
      raw('Mic (MME cuts names)', 1, 0, 'Windows WASAPI'),
    ];
    const named = nameDevices(all, ['Windows WASAPI', 'MME']);
    expect(named.map(({ device }) => [device.name, device.hostApi])).toEqual([
      ['Mic (MME cuts names)', 'WASAPI'],
    ]);
    expect(nameDevices(all.slice(0, 1), ['Windows WASAPI', 'MME'])).toHaveLength(1);
  });
});
