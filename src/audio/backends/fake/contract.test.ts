import { VirtualClock } from '../../../common/clock.ts';
import { describeContract } from '../contract.ts';
import { FakeBackend } from './fake-backend.ts';

describeContract('fake', () => {
  const clock = new VirtualClock();
  const backend = new FakeBackend({
    clock,
    devices: [
      { name: 'Mic', inputChannels: 2, jitterMs: 5, driftPpm: 100 },
      { name: 'Headset', inputChannels: 1, outputChannels: 2, defaultSampleRateHz: 44_100 },
      { name: 'Speakers', outputChannels: 2, jitterMs: 3 },
    ],
  });
  return Promise.resolve({
    backend,
    input: 'Mic',
    output: 'Speakers',
    advance: (ms) => clock.advance(ms),
  });
});
