/** Which back end brings sound in and out: the one place that knows them all. */
import type { AudioBackend } from '../audio/backend.ts';
import { DecibriBackend } from '../audio/backends/decibri/decibri-backend.ts';
import { FakeBackend } from '../audio/backends/fake/fake-backend.ts';
import type { Signal } from '../audio/backends/fake/signals.ts';
import { FileBackend } from '../audio/backends/file/file-backend.ts';
import { firstThatWorks } from '../audio/backends/first-that-works.ts';
import { PortAudioBackend } from '../audio/backends/portaudio/portaudio-backend.ts';
import { uniformNoise } from '../common/noise.ts';
import type { OpenRequest } from '../ipc/engine-protocol.ts';

/** @throws ResiduaError `AUDIO_UNAVAILABLE` when `auto` finds none that works; its hint says how to mend it */
export async function openBackend({
  backend,
  devices,
}: Pick<OpenRequest, 'backend' | 'devices'>): Promise<AudioBackend> {
  switch (backend) {
    case 'portaudio':
      return new PortAudioBackend();
    case 'file':
      return new FileBackend({
        inputs: devices.input === undefined ? [] : [devices.input],
        outputs: devices.output === undefined ? [] : [devices.output],
      });
    case 'auto':
      return firstThatWorks([() => new PortAudioBackend(), () => new DecibriBackend()]);
    case 'decibri':
      return new DecibriBackend();
    case 'fake':
      return new FakeBackend({
        devices: [
          { name: 'Simulated microphone', inputChannels: 1, signal: syllables(48_000) },
          { name: 'Simulated headphones', outputChannels: 2 },
        ],
      });
  }
}

/** Noise that comes and goes as syllables do, over a little steady noise. Repeatable. */
function syllables(sampleRateHz: number): Signal {
  const noise = uniformNoise(1);
  return (out, startFrame, channels) => {
    for (let i = 0, frame = startFrame; i < out.length; i += channels, frame++) {
      const envelope = Math.max(0, Math.sin((2 * Math.PI * 3 * frame) / sampleRateHz));
      const value = (0.005 + 0.2 * envelope) * noise();
      out.fill(value, i, i + channels);
    }
  };
}
