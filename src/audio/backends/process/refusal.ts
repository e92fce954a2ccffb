import { AudioDeviceError } from '../../device-errors.ts';

/** What ALSA complained about, where that says more than the library's own error. */
export function explainRefusal(stderr: string): AudioDeviceError | undefined {
  if (/libasound_module_pcm_pulse/.test(stderr)) {
    return new AudioDeviceError(
      'AUDIO_UNAVAILABLE',
      "ALSA's plug-in for PulseAudio and PipeWire is missing",
      'Install it, on Debian and Ubuntu: sudo apt install libasound2-plugins',
    );
  }
  if (/PulseAudio: Unable to connect/.test(stderr)) {
    return new AudioDeviceError(
      'AUDIO_UNAVAILABLE',
      'no sound server answers',
      'Start PulseAudio or PipeWire.',
    );
  }
  return undefined;
}
