import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../common/clock.ts';
import type { AudioBackend } from './backend.ts';
import { FakeBackend } from './backends/fake/fake-backend.ts';
import { DeviceWatcher, type DeviceChange } from './device-watcher.ts';

async function setup(more: Partial<AudioBackend> = {}) {
  const clock = new VirtualClock();
  const backend = new FakeBackend({
    clock,
    devices: [
      { name: 'Mic', inputChannels: 1 },
      { name: 'Webcam', inputChannels: 2 },
      { name: 'Speakers', outputChannels: 2 },
    ],
  });
  Object.assign(backend, more);
  const changes: DeviceChange[] = [];
  const failures: unknown[] = [];
  const watcher = new DeviceWatcher(
    backend,
    { changed: (change) => changes.push(change), failed: (error) => failures.push(error) },
    { clock, intervalMs: 1000 },
  );
  await watcher.start();
  return { clock, backend, watcher, changes, failures };
}

describe('device watcher', () => {
  it('is quiet while nothing changes', async () => {
    const { clock, changes } = await setup();
    await clock.advance(10_000);
    expect(changes).toEqual([]);
  });

  it('notices what comes and goes, and the default that follows', async () => {
    const { clock, backend, watcher, changes } = await setup();
    backend.unplug('Mic');
    await clock.advance(1000);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({
      added: [],
      removed: [{ name: 'Mic' }],
      defaultInput: { from: 'Mic', to: 'Webcam' },
    });
    expect(changes[0]).not.toHaveProperty('defaultOutput');
    backend.plug({ name: 'Mic', inputChannels: 1, defaultSampleRateHz: 16_000 });
    await clock.advance(1000);
    expect(changes[1]).toMatchObject({ added: [{ name: 'Mic', defaultSampleRateHz: 16_000 }] });
    expect(watcher.devices.map(({ name }) => name)).toEqual(['Webcam', 'Speakers', 'Mic']);
  });

  it('notices another default among the same devices', async () => {
    const { clock, backend, changes } = await setup();
    backend.setDefault('input', 'Webcam');
    await clock.advance(1000);
    expect(changes).toMatchObject([
      { added: [], removed: [], defaultInput: { from: 'Mic', to: 'Webcam' } },
    ]);
  });

  it('notices a device that is back at another rate between two lists', async () => {
    const { clock, backend, changes } = await setup();
    backend.plug({ name: 'Webcam', inputChannels: 2, defaultSampleRateHz: 32_000 });
    await clock.advance(1000);
    expect(changes[0]).toMatchObject({
      added: [{ name: 'Webcam', defaultSampleRateHz: 32_000 }],
      removed: [{ name: 'Webcam', defaultSampleRateHz: 48_000 }],
    });
  });

  it('says once that devices cannot be listed, and goes on when they can', async () => {
    const { clock, backend, changes, failures } = await setup();
    backend.setUnavailable('gone');
    await clock.advance(5000);
    expect(failures).toMatchObject([{ code: 'AUDIO_UNAVAILABLE' }]);
    backend.setUnavailable(undefined);
    backend.unplug('Webcam');
    await clock.advance(1000);
    expect(changes).toMatchObject([{ removed: [{ name: 'Webcam' }] }]);
  });

  it('looks at once when the system tells of a change, and no more after it stopped', async () => {
    let notify = (): void => {};
    let ended = false;
    const { clock, backend, watcher, changes } = await setup({
      watch: (changed) => {
        notify = changed;
        return () => void (ended = true);
      },
    });
    backend.unplug('Mic');
    notify();
    notify();
    await clock.advance(0);
    await watcher.check();
    expect(changes).toHaveLength(1);
    watcher.stop();
    expect(ended).toBe(true);
    backend.unplug('Webcam');
    await clock.advance(5000);
    expect(changes).toHaveLength(1);
  });
});
