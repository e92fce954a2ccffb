import type { AudioDevice } from '../backend.ts';

/** A driver, installed by the user, whose output other programs can pick as a microphone. */
export interface Cable {
  readonly driver: string;
  /** What to play into. */
  readonly outputDevice: string;
  /** What other programs list as a microphone. */
  readonly microphoneName: string;
}

interface KnownCable {
  readonly driver: string;
  readonly output: RegExp;
  readonly microphone: (output: string) => string;
}

const KNOWN: readonly KnownCable[] = [
  { driver: 'BlackHole', output: /^BlackHole/i, microphone: (output) => output },
  // VB-Cable's two ends: what is played into CABLE Input comes out of CABLE Output.
  {
    driver: 'VB-Cable',
    output: /^CABLE(-[A-D])? Input|^VB-Cable/i,
    microphone: (output) => output.replace(/ Input/i, ' Output'),
  },
];

/** @returns the first known cable among the devices */
export function findCable(devices: readonly AudioDevice[]): Cable | undefined {
  for (const { driver, output, microphone } of KNOWN) {
    const device = devices.find(
      ({ name, outputChannels }) => outputChannels > 0 && output.test(name),
    );
    if (device !== undefined) {
      return { driver, outputDevice: device.name, microphoneName: microphone(device.name) };
    }
  }
  return undefined;
}

/** How to get one, in one line. */
export function cableHint(platform: NodeJS.Platform): string {
  switch (platform) {
    case 'darwin':
      return 'Install BlackHole 2ch (brew install blackhole-2ch), then restart the Mac or run: sudo killall coreaudiod';
    case 'win32':
      return 'Install VB-Cable (vb-audio.com/Cable), then restart Windows.';
    default:
      return 'It needs PulseAudio or PipeWire with its Pulse server, and pactl: sudo apt install pulseaudio-utils';
  }
}
