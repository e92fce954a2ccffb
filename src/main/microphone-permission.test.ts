import { describe, expect, it, vi } from 'vitest';
import type { AppMessage } from '../ipc/app/app-protocol.ts';
import { askingForMicrophone } from './microphone-permission.ts';

function setUp(status: string, answer = false, platform: NodeJS.Platform = 'darwin') {
  const done: AppMessage = { ipc: 1, type: 'done', id: 3, result: null };
  const handle = vi.fn((_request: unknown) => Promise.resolve(done));
  const media = {
    getMediaAccessStatus: vi.fn(() => status as never),
    askForMediaAccess: vi.fn(() => Promise.resolve(answer)),
  };
  const core = askingForMicrophone({ handle, onEvent: () => () => undefined }, media, platform);
  const call = (command: string) => core.handle({ ipc: 1, id: 3, command, argument: null });
  return { handle, media, call, core };
}

describe('askingForMicrophone', () => {
  it('asks before the microphone is opened for the first time', async () => {
    const { call, handle, media } = setUp('not-determined', true);
    await call('hello');
    expect(media.askForMediaAccess).not.toHaveBeenCalled();
    expect(await call('live.start')).toMatchObject({ type: 'done' });
    expect(media.askForMediaAccess).toHaveBeenCalledExactlyOnceWith('microphone');
    expect(handle).toHaveBeenCalledTimes(2);
  });

  it.each(['denied', 'restricted', 'not-determined'])(
    'says what to do when it is %s',
    async (status) => {
      const { call, handle } = setUp(status, false);
      expect(await call('live.selfTest')).toMatchObject({
        type: 'failed',
        id: 3,
        problem: { code: 'MICROPHONE_DENIED', hint: expect.stringContaining('System Settings') },
      });
      expect(handle).not.toHaveBeenCalled();
      expect(await call('live.stop')).toMatchObject({ type: 'done' });
    },
  );

  it('asks nothing where it is allowed, nor on other systems', async () => {
    const granted = setUp('granted');
    await granted.call('live.start');
    expect(granted.handle).toHaveBeenCalledOnce();
    expect(granted.media.askForMediaAccess).not.toHaveBeenCalled();
    const linux = setUp('denied', false, 'linux');
    await linux.call('live.start');
    expect(linux.handle).toHaveBeenCalledOnce();
    expect(linux.media.getMediaAccessStatus).not.toHaveBeenCalled();
  });

  it('hands on requests of any shape', async () => {
    const { core, handle } = setUp('granted');
    for (const request of [null, 1, 'x', []]) await core.handle(request);
    expect(handle).toHaveBeenCalledTimes(4);
  });
});
