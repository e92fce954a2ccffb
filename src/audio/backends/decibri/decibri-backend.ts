import { AudioDeviceError } from '../../device-errors.ts';
import { ProcessBackend, type ProcessBackendOptions } from '../process/process-backend.ts';

/**
 * Sound cards through decibri, prebuilt for Linux, macOS on Apple silicon and Windows: for machines on
 * which naudiodon cannot be built. Its latency is higher, so that it is the second choice.
 */
export class DecibriBackend extends ProcessBackend {
  constructor(options: ProcessBackendOptions = {}) {
    super(
      {
        id: 'decibri',
        script: new URL('./decibri-process.mjs', import.meta.url),
        explainLoadFailure,
        maxSourceChannels: 1, // the average of all the device has
        preferredHostApis: [],
        heldMs: { sink: 75, source: 10 },
      },
      options,
    );
  }
}

function explainLoadFailure(message: string): AudioDeviceError {
  const line = message.split('\n')[0]!.trim();
  if (/libasound/.test(message)) {
    return new AudioDeviceError(
      'AUDIO_UNAVAILABLE',
      `ALSA's library is missing (${line})`,
      'Install it, on Debian and Ubuntu: sudo apt install libasound2',
    );
  }
  const missing = /Cannot find (module|package) 'decibri'/.test(message);
  return new AudioDeviceError(
    'AUDIO_UNAVAILABLE',
    missing ? 'decibri is not installed' : `decibri does not load (${line})`,
    'It comes prebuilt for Linux with glibc, Apple silicon and Windows: npm install --include=optional',
  );
}
