import { expect, it, vi } from 'vitest';
import { BridgeTransport } from './bridge-transport.ts';

it('listens to the preload script until it is stopped, and again when told to', () => {
  let deliver: ((message: unknown) => void) | undefined;
  const end = vi.fn(() => (deliver = undefined));
  const send = vi.fn();
  const transport = new BridgeTransport({
    send,
    onMessage: (listener) => {
      deliver = listener;
      return end;
    },
    pathOf: (file) => (file.name === 'voice.wav' ? '/home/me/voice.wav' : ''),
  });
  const listener = { opened: vi.fn(), lost: vi.fn(), received: vi.fn() };
  transport.start(listener);
  expect(listener.opened).toHaveBeenCalledTimes(1);
  deliver!('anything');
  expect(listener.received).toHaveBeenCalledWith('anything');
  const request = { ipc: 1, id: 0, command: 'hello', argument: null } as const;
  transport.send(request);
  expect(send).toHaveBeenCalledWith(request);
  transport.retry();
  expect(listener.opened).toHaveBeenCalledTimes(1);
  transport.stop();
  expect(end).toHaveBeenCalledTimes(1);
  transport.retry();
  expect(listener.opened).toHaveBeenCalledTimes(2);
  expect(transport.pathOf({ name: 'voice.wav' } as File)).toBe('/home/me/voice.wav');
  expect(transport.pathOf({ name: 'made in memory' } as File)).toBeNull();
});
