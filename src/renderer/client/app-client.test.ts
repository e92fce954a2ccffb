import { describe, expect, it, vi } from 'vitest';
import type { AppRequest } from '../../ipc/app/app-protocol.ts';
import { DEFAULT_SETTINGS } from '../../ipc/app/settings.ts';
import { createAppClient } from './app-client.ts';
import type { Transport, TransportListener } from './transport.ts';

class FakeTransport implements Transport {
  readonly sent: AppRequest[] = [];
  listener!: TransportListener;
  isOpen = true;
  readonly retry = vi.fn();
  readonly stop = vi.fn();

  start(listener: TransportListener): void {
    this.listener = listener;
  }

  send(request: AppRequest): void {
    if (!this.isOpen) throw new Error('closed');
    this.sent.push(request);
  }

  pathOf(): null {
    return null;
  }

  /** Answers the newest request. */
  answer(result: unknown): void {
    this.listener.received({ ipc: 1, type: 'done', id: this.sent.at(-1)!.id, result });
  }
}

function start() {
  const transport = new FakeTransport();
  const client = createAppClient(transport);
  transport.listener.opened();
  return { transport, client };
}

const event = (event: unknown) => ({ ipc: 1, type: 'event', event });

describe('calls', () => {
  it('send the command and give its result', async () => {
    const { transport, client } = start();
    const answer = client.call('settings.change', { theme: 'dark' });
    expect(transport.sent).toEqual([
      { ipc: 1, id: 0, command: 'settings.change', argument: { theme: 'dark' } },
    ]);
    transport.answer({ ...DEFAULT_SETTINGS, theme: 'dark' });
    await expect(answer).resolves.toMatchObject({ theme: 'dark' });
  });

  it('are told apart by their numbers, whatever the order of the answers', async () => {
    const { transport, client } = start();
    const first = client.call('diagnostics', null);
    const second = client.call('diagnostics', null);
    transport.listener.received({ ipc: 1, type: 'done', id: 1, result: 'second' });
    transport.listener.received({ ipc: 1, type: 'done', id: 0, result: 'first' });
    await expect(Promise.all([first, second])).resolves.toEqual(['first', 'second']);
  });

  it('reject with the code and hint of the app', async () => {
    const { transport, client } = start();
    const answer = client.call('live.start', null);
    const problem = { code: 'NO_MIC', message: 'None.', hint: 'Plug one in.', isUsage: false };
    transport.listener.received({ ipc: 1, type: 'failed', id: 0, problem });
    await expect(answer).rejects.toMatchObject({ code: 'NO_MIC', hint: 'Plug one in.' });
  });

  it('reject a result that the contract does not allow', async () => {
    const { transport, client } = start();
    const answer = client.call('live.devices', null);
    transport.answer([{ name: 5 }]);
    await expect(answer).rejects.toMatchObject({ code: 'IPC_INVALID' });
  });

  it('reject when no answer can come any more, and at once while there is no connection', async () => {
    const { transport, client } = start();
    const waiting = client.call('diagnostics', null);
    transport.listener.lost();
    await expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    transport.isOpen = false;
    await expect(client.call('diagnostics', null)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    });
  });

  it('leave an answer alone that comes after its connection was lost', async () => {
    const { transport, client } = start();
    const invalid = vi.fn();
    client.onInvalid(invalid);
    const waiting = client.call('diagnostics', null);
    transport.listener.lost();
    await expect(waiting).rejects.toThrow();
    transport.answer('late');
    expect(invalid).not.toHaveBeenCalled();
  });
});

describe('events', () => {
  it('reach the listeners of their type until they are taken away', () => {
    const { transport, client } = start();
    const library = vi.fn();
    const devices = vi.fn();
    const stop = client.on('library', library);
    client.on('devices', devices);
    transport.listener.received(event({ type: 'library' }));
    expect(library).toHaveBeenCalledTimes(1);
    stop();
    transport.listener.received(event({ type: 'library' }));
    expect(library).toHaveBeenCalledTimes(1);
    expect(devices).not.toHaveBeenCalled();
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'hello'],
    ['another protocol', { jsonrpc: '2.0', id: 1 }],
    ['an event that is unknown', event({ type: 'self-destruct' })],
    ['an event with more than it has', event({ type: 'library', path: '/etc' })],
    ['an event with less than it has', event({ type: 'job-removed' })],
    ['a prototype', JSON.parse('{"ipc":1,"type":"event","__proto__":{"event":{}}}')],
  ])('%s is left out and said, and the next message counts again', (_, message) => {
    const { transport, client } = start();
    const invalid = vi.fn();
    const library = vi.fn();
    client.onInvalid(invalid);
    client.on('library', library);
    transport.listener.received(message);
    expect(invalid).toHaveBeenCalledWith(expect.objectContaining({ code: 'IPC_INVALID' }));
    expect(client.connection).toBe('open');
    transport.listener.received(event({ type: 'library' }));
    expect(library).toHaveBeenCalledTimes(1);
  });

  it('says why the app ends a connection', () => {
    const { transport, client } = start();
    const invalid = vi.fn();
    client.onInvalid(invalid);
    const problem = { code: 'IPC_FLOOD', message: 'Too many.', isUsage: false };
    transport.listener.received({ ipc: 1, type: 'failed', id: -1, problem });
    expect(invalid).toHaveBeenCalledWith(expect.objectContaining({ code: 'IPC_FLOOD' }));
  });
});

describe('connection', () => {
  it('is connecting until it was open once, and lost only after that', () => {
    const transport = new FakeTransport();
    const client = createAppClient(transport);
    const seen: string[] = [];
    client.onConnection((connection) => seen.push(connection));
    transport.listener.lost();
    expect(client.connection).toBe('connecting');
    transport.listener.opened();
    transport.listener.lost();
    transport.listener.opened();
    expect(seen).toEqual(['open', 'lost', 'open']);
  });

  it('ends with another version of the app, and does not come back by itself', async () => {
    const { transport, client } = start();
    const waiting = client.call('hello', null);
    transport.listener.received({ ipc: 2, type: 'done', id: 0, result: {} });
    await expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(client.connection).toBe('outdated');
    expect(transport.stop).toHaveBeenCalled();
  });

  it('goes to another window that asks for it, and comes back when told to', () => {
    const { transport, client } = start();
    transport.listener.received(event({ type: 'superseded' }));
    expect(client.connection).toBe('superseded');
    expect(transport.stop).toHaveBeenCalled();
    client.reconnect();
    expect(transport.retry).toHaveBeenCalled();
    transport.listener.opened();
    expect(client.connection).toBe('open');
  });
});
