import { ProcessBackend, type ProcessBackendOptions } from '../process/process-backend.ts';
import { explainLoadFailure } from './load-failure.ts';

/** Sound cards through naudiodon, Node's binding of PortAudio. */
export class PortAudioBackend extends ProcessBackend {
  constructor(options: ProcessBackendOptions = {}) {
    super(
      {
        id: 'portaudio',
        script: new URL('./portaudio-process.mjs', import.meta.url),
        explainLoadFailure,
        maxSourceChannels: Infinity,
        // On Windows all three list the same hardware; WASAPI has the lowest latency.
        preferredHostApis: ['Windows WASAPI', 'Windows DirectSound', 'MME'],
        heldMs: { sink: 9, source: 2 },
      },
      options,
    );
  }
}
