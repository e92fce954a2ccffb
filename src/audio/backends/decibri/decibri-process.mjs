// @ts-check
/** The device process of the decibri back end: the only place that loads decibri. */
import { createRequire } from 'node:module';
import { DeviceMissing, serve } from '../process/serve.mjs';

const BYTES_PER_SAMPLE = 4;
/** decibri queues 32 writes whatever their length, so its queue lasts 32 times this. */
const WRITE_MS = 1.25;

const require = createRequire(import.meta.url);

serve(() => {
  /** @type {any} */
  const decibri = require('decibri');
  return {
    devices: () => [
      ...decibri.inputDevices().map((device) => describe(device, 'maxInputChannels')),
      ...decibri.outputDevices().map((device) => describe(device, 'maxOutputChannels')),
    ],

    openSource: (request) => {
      const microphone = new decibri.Microphone({
        ...options(request, decibri.inputDevices()),
        framesPerBuffer: Math.max(64, request.blockFrames),
      });
      return {
        start: ({ data, failed }) => microphone.on('error', failed).on('data', data),
      };
    },

    openSink: (request) => {
      const speaker = new decibri.Speaker(options(request, decibri.outputDevices()));
      const frameBytes = request.channels * BYTES_PER_SAMPLE;
      const writeBytes = Math.round((request.sampleRateHz * WRITE_MS) / 1000) * frameBytes;
      /** @type {(error: unknown) => void} */
      let fail = () => {};
      return {
        write: async (bytes) => {
          try {
            for (let at = 0; at < bytes.length; at += writeBytes) {
              await speaker.writeAsync(bytes.subarray(at, at + writeBytes));
            }
          } catch (error) {
            fail(error);
            await new Promise(() => {}); // this process is about to be killed
          }
        },
        start: (failed) => {
          fail = failed;
          speaker.on('error', failed);
        },
        drain: () => speaker.drainAsync(),
      };
    },
  };

  /**
   * @param {import('../process/protocol.ts').OpenRequest} request
   * @param {any[]} list
   */
  function options({ device, channels, sampleRateHz }, list) {
    const found = list.filter((entry) => nameOf(entry) === device.name)[device.occurrence];
    if (found === undefined) throw new DeviceMissing(`no device ${device.name}`);
    return { device: { id: found.id }, channels, sampleRate: sampleRateHz, dtype: 'float32' };
  }
});

/**
 * @param {any} device
 * @param {'maxInputChannels' | 'maxOutputChannels'} able
 */
function describe(device, able) {
  const isInput = able === 'maxInputChannels';
  return {
    name: nameOf(device),
    hostApi: HOST_API,
    inputChannels: isInput ? device.maxInputChannels : 0,
    outputChannels: isInput ? 0 : device.maxOutputChannels,
    defaultSampleRateHz: device.defaultSampleRate,
    isDefaultInput: isInput && device.isDefault,
    isDefaultOutput: !isInput && device.isDefault,
  };
}

/** On Linux its name is ALSA's description, some lines long: the PCM's own name is what people know. */
function nameOf(device) {
  return device.id.startsWith('alsa:') ? device.id.slice('alsa:'.length) : device.name;
}

const HOST_API = { linux: 'ALSA', darwin: 'Core Audio', win32: 'WASAPI' }[process.platform] ?? '';
