import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeFrame, encodeFrame } from '../../ipc/app/browser.ts';
import { SocketTransport, type SocketLike } from './socket-transport.ts';

class FakeSocket implements SocketLike {
  binaryType = 'blob';
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly sent: Uint8Array[] = [];
  readonly close = vi.fn();

  send(data: Uint8Array): void {
    this.sent.push(data);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  end(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

const frame = (message: unknown): ArrayBuffer => {
  const bytes = encodeFrame(message);
  return bytes.slice().buffer as ArrayBuffer;
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const sockets: FakeSocket[] = [];
  const transport = new SocketTransport(() => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  });
  const listener = { opened: vi.fn(), lost: vi.fn(), received: vi.fn() };
  transport.start(listener);
  return { sockets, transport, listener };
}

const request = { ipc: 1, id: 3, command: 'hello', argument: null } as const;

describe('SocketTransport', () => {
  it('carries messages as MessagePack both ways, bytes included', () => {
    const { sockets, transport, listener } = start();
    const [socket] = sockets;
    socket!.open();
    expect(socket!.binaryType).toBe('arraybuffer');
    transport.send(request);
    expect(decodeFrame(socket!.sent[0]!)).toEqual(request);
    socket!.onmessage!({ data: frame({ a: [1, null], b: new Uint8Array([1, 2]) }) });
    expect(listener.received).toHaveBeenCalledWith({ a: [1, null], b: new Uint8Array([1, 2]) });
  });

  it.each([
    ['text', '{"ipc":1}'],
    ['what is no MessagePack', new Uint8Array([0xc1]).buffer],
    ['half a message', frame({ a: 'abc' }).slice(0, 3)],
    ['a message and more', new Uint8Array([0x01, 0x02]).buffer],
    ['nothing', new ArrayBuffer(0)],
  ])('hands on %s as nothing that any contract allows', (_, data) => {
    const { sockets, listener } = start();
    sockets[0]!.open();
    sockets[0]!.onmessage!({ data });
    expect(listener.received).toHaveBeenCalledWith(undefined);
  });

  it('does not keep what cannot be sent', () => {
    const { sockets, transport } = start();
    expect(() => transport.send(request)).toThrow();
    sockets[0]!.open();
    expect(sockets[0]!.sent).toEqual([]);
  });

  it('connects again after it was lost, ever more patiently', () => {
    const { sockets, listener } = start();
    sockets[0]!.open();
    sockets[0]!.end();
    expect(listener.lost).toHaveBeenCalledTimes(1);
    const waits: number[] = [];
    for (let i = 1; i < 8; i++) {
      let waited = 0;
      while (sockets.length === i) {
        vi.advanceTimersByTime(50);
        waited += 50;
      }
      waits.push(waited);
      sockets[i]!.end();
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
    sockets.at(-1)!.onclose?.();
    vi.advanceTimersByTime(4000);
    sockets.at(-1)!.open();
    expect(listener.opened).toHaveBeenCalledTimes(2);
  });

  it('tries at once when told to, and only one connection at a time', () => {
    const { sockets, transport } = start();
    transport.retry();
    expect(sockets).toHaveLength(1);
    sockets[0]!.end();
    transport.retry();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(2);
  });

  it('stays away once it was stopped, whatever the socket still says', () => {
    const { sockets, transport, listener } = start();
    sockets[0]!.open();
    transport.stop();
    expect(sockets[0]!.close).toHaveBeenCalled();
    sockets[0]!.end();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(listener.lost).not.toHaveBeenCalled();
    transport.retry();
    expect(sockets).toHaveLength(2);
  });
});
