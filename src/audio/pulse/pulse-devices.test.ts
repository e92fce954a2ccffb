import { describe, expect, it } from 'vitest';
import { OWN_PREFIX, readState } from './pulse-devices.ts';

const entry = (name: string, description: string | null, more: object = {}) => ({
  index: 1,
  name,
  description,
  sample_specification: 's16le 2ch 44100Hz',
  monitor_source: '',
  ...more,
});
const info = {
  server_name: 'PulseAudio (on PipeWire 1.0.5)',
  default_sink_name: 'hdmi',
  default_source_name: 'usb',
};

describe('devices of a sound server', () => {
  it('carry the names people know, their rates, and the defaults', () => {
    const { server, devices } = readState(
      info,
      [entry('hdmi', 'HDMI Monitor', { sample_specification: 'float32le 8ch 192000Hz' })],
      [entry('hdmi.monitor', 'Monitor of HDMI', { monitor_source: 'hdmi' }), entry('usb', 'Yeti')],
    );
    expect(server).toBe('PipeWire');
    expect(devices).toEqual([
      {
        name: 'Yeti',
        hostApi: 'PipeWire',
        inputChannels: 2,
        outputChannels: 0,
        defaultSampleRateHz: 44_100,
        isDefaultInput: true,
        isDefaultOutput: false,
        pulseName: 'usb',
      },
      expect.objectContaining({
        name: 'Monitor of HDMI',
        monitorOf: 'hdmi',
        isDefaultInput: false,
      }),
      expect.objectContaining({
        name: 'HDMI Monitor',
        outputChannels: 8,
        defaultSampleRateHz: 192_000,
        isDefaultOutput: true,
      }),
    ]);
  });

  it('are told apart by the server where two have one name, and named by it where they have none', () => {
    const { devices } = readState(
      info,
      [],
      [entry('a', 'Webcam'), entry('b', 'Webcam'), entry('c', null), entry('d', ' ')],
    );
    expect(devices.map(({ name }) => name)).toEqual(['Webcam (a)', 'Webcam (b)', 'c', 'd']);
  });

  it('leave out our own microphone as an input, and keep the way into it', () => {
    const own = `${OWN_PREFIX}1_2_3`;
    const { devices } = readState(
      info,
      [entry(own, 'Into Residua Microphone')],
      [
        entry(`${own}.monitor`, 'Monitor', { monitor_source: own }),
        entry(`${own}_source`, 'Residua Microphone'),
      ],
    );
    expect(devices.map(({ name }) => name)).toEqual(['Into Residua Microphone']);
  });

  it('work without any device and without defaults', () => {
    expect(readState({ server_name: 'pulseaudio' }, [], [])).toEqual({
      server: 'PulseAudio',
      devices: [],
    });
  });

  it.each<[unknown, unknown, unknown]>([
    [null, [], []],
    [{}, [], []],
    [info, {}, []],
    [info, [{ name: 'x' }], []],
    [info, [], [entry('x', 'y', { name: 7 })]],
  ])('refuse an answer of another form: %j', (about, sinks, sources) => {
    expect(() => readState(about, sinks, sources)).toThrow(
      expect.objectContaining({ code: 'PULSE_UNAVAILABLE' }),
    );
  });
});
