// @ts-check
/** The device process of the PortAudio back end: the only place that loads naudiodon. */
import { createRequire } from 'node:module';
import { DeviceMissing, serve } from '../process/serve.mjs';

const FLOAT32 = 1;
const NO_DEVICE = 0xffffffff;

const require = createRequire(import.meta.url);

serve(() => {
  /** @type {any} */
  const naudiodon = require('naudiodon');
  return {
    devices: () => {
      const apis = naudiodon.getHostAPIs().HostAPIs;
      return naudiodon.getDevices().map((device) => {
        const api = apis.find(({ name }) => name === device.hostAPIName);
        const isDefault = (id) => id !== NO_DEVICE && id === device.id;
        return {
          name: device.name,
          hostApi: device.hostAPIName,
          inputChannels: device.maxInputChannels,
          outputChannels: device.maxOutputChannels,
          defaultSampleRateHz: device.defaultSampleRate,
          isDefaultInput: isDefault(api?.defaultInput),
          isDefaultOutput: isDefault(api?.defaultOutput),
        };
      });
    },

    openSource: (request) => {
      const { blockFrames, channels } = request;
      const inOptions = {
        ...options(request),
        highwaterMark: blockFrames * channels * 4,
        framesPerBuffer: blockFrames, // a block is complete when the device has it, not a period later
        maxQueue: 8,
      };
      const stream = new naudiodon.AudioIO({ inOptions });
      return {
        start: ({ data, failed }) => {
          stream.on('data', data).on('error', failed);
          stream.start();
        },
      };
    },

    openSink: (request) => {
      const { blockFrames, channels } = request;
      // One piece in its queue: a write waits as soon as the device has enough.
      const outOptions = {
        ...options(request),
        highwaterMark: blockFrames * channels * 4,
        maxQueue: 1,
      };
      const stream = new naudiodon.AudioIO({ outOptions });
      return {
        write: (bytes) => new Promise((resolve) => stream.write(bytes, resolve)),
        start: (failed) => {
          stream.on('error', failed);
          stream.start();
        },
        drain: () => stream.quit(),
      };
    },
  };

  /** @param {import('../process/protocol.ts').OpenRequest} request */
  function options({ type, device, channels, sampleRateHz }) {
    const able = type === 'source' ? 'maxInputChannels' : 'maxOutputChannels';
    const same = naudiodon
      .getDevices()
      .filter((d) => d.name === device.name && d.hostAPIName === device.hostApi && d[able] > 0);
    // PortAudio's own index, of this process only; an unknown one would open the default device.
    const deviceId = same[device.occurrence]?.id;
    if (deviceId === undefined) throw new DeviceMissing(`no device ${device.name}`);
    return {
      deviceId,
      channelCount: channels,
      sampleRate: sampleRateHz,
      sampleFormat: FLOAT32,
      closeOnError: false, // the first overflow would end the stream
    };
  }
});
