import { AudioDeviceError } from '../../device-errors.ts';

/** Why naudiodon does not load here, and how to mend it. @param message what loading it said */
export function explainLoadFailure(message: string): AudioDeviceError {
  const line = message.split('\n')[0]!.trim();
  if (/libasound/.test(message)) {
    return unavailable(
      `ALSA's library is missing (${line})`,
      'Install it, on Debian and Ubuntu: sudo apt install libasound2',
    );
  }
  if (/Cannot find (module|package) 'naudiodon'/.test(message)) {
    return unavailable(
      'naudiodon is not installed',
      `${COMPILER_HINT} Then run: npm install --include=optional`,
    );
  }
  if (/bindings file|\.node/.test(message)) {
    return unavailable(
      `naudiodon has no binary for this machine (${line})`,
      `${COMPILER_HINT} Then run: npm rebuild naudiodon`,
    );
  }
  return unavailable(
    `naudiodon does not load (${line})`,
    `${COMPILER_HINT} Then run: npm rebuild naudiodon`,
  );
}

const COMPILER_HINT =
  process.platform === 'linux'
    ? 'It is compiled during installation: sudo apt install build-essential python3 libasound2-dev.'
    : 'It is compiled during installation, which needs a C++ compiler and Python.';

function unavailable(why: string, hint: string): AudioDeviceError {
  return new AudioDeviceError('AUDIO_UNAVAILABLE', why, hint);
}
