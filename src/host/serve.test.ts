import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../common/errors.ts';
import { engineMessageSchema, HEARTBEAT_MS, type EngineEvent } from '../ipc/engine-protocol.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import type { EngineService } from './engine-service.ts';
import type { ParentLink } from './parent-link.ts';
import { serve } from './serve.ts';

type Message = Record<string, unknown>;

let sent: Message[];
let droppable: Message[];
let receive: (message: unknown) => void;
let parentGone: () => void;
let emit: (event: EngineEvent) => void;
const exit = vi.fn();
const handle = vi.fn();
const close = vi.fn();

const link: ParentLink = {
  send: (message, isDroppable) => {
    (isDroppable ? droppable : sent).push(structuredClone(message) as Message);
  },
  sendLast: (message) => Promise.resolve(void sent.push(structuredClone(message) as Message)),
  onMessage: (listener) => (receive = listener),
  onGone: (listener) => (parentGone = listener),
};

const settle = () => vi.advanceTimersByTimeAsync(0);
const ask = async (message: unknown): Promise<Message | undefined> => {
  const before = sent.length;
  receive(message);
  await settle();
  return sent[before];
};
const command = (id: number, name: string, argument: unknown = null) => ({
  ipc: IPC_VERSION,
  id,
  command: name,
  argument,
});

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  droppable = [];
  for (const mock of [exit, handle, close]) mock.mockReset();
  handle.mockResolvedValue(null);
  close.mockResolvedValue(null);
  const createService = (emitter: (event: EngineEvent) => void) => {
    emit = emitter;
    return { handle, close } as unknown as EngineService;
  };
  serve({ link, createService, exit });
});
afterEach(() => {
  for (const message of [...sent, ...droppable]) engineMessageSchema.parse(message);
  vi.useRealTimers();
});

describe('serve', () => {
  it('reports in, then beats', async () => {
    expect(sent).toMatchObject([{ type: 'ready', pid: process.pid }]);
    await vi.advanceTimersByTimeAsync(3 * HEARTBEAT_MS);
    expect(sent.slice(1).map((m) => m['type'])).toEqual(['heartbeat', 'heartbeat', 'heartbeat']);
    expect(sent[1]).toMatchObject({ vitals: { cpuMs: expect.any(Number) } });
  });

  it('answers every command once, errors with their code, hint and kind', async () => {
    handle.mockResolvedValueOnce({ a: 1 });
    expect(await ask(command(7, 'start'))).toMatchObject({ type: 'done', id: 7, result: { a: 1 } });
    handle.mockRejectedValueOnce(new UsageError('No.', { code: 'CONTROL_INVALID', hint: 'Yes.' }));
    expect(await ask(command(8, 'update', { mix: 3 }))).toMatchObject({
      type: 'failed',
      id: 8,
      problem: { code: 'CONTROL_INVALID', message: 'No.', hint: 'Yes.', isUsage: true },
    });
    expect(sent).toHaveLength(3);
  });

  it.each([
    ['a command there is none of', command(1, 'explode')],
    ['an argument of the wrong kind', command(1, 'update', { mix: 'loud' })],
    ['an argument with more than it should', command(1, 'update', { mix: 1, volume: 11 })],
    ['an argument where there is none', command(1, 'start', { force: true })],
    ['another version', { ...command(1, 'start'), ipc: IPC_VERSION + 1 }],
  ])('refuses %s, and goes on', async (_name, message) => {
    expect(await ask(message)).toMatchObject({
      type: 'failed',
      id: 1,
      problem: { code: expect.stringMatching(/^IPC_/) },
    });
    expect(handle).not.toHaveBeenCalled();
    expect(await ask(command(2, 'start'))).toMatchObject({ type: 'done', id: 2 });
  });

  it.each([[undefined], [null], ['hello'], [[1, 2]], [{ id: 'x' }], [{ id: Number.NaN }]])(
    'survives %j',
    async (message) => {
      expect(await ask(message)).toBeUndefined();
      expect(await ask(command(1, 'stop'))).toMatchObject({ type: 'done' });
    },
  );

  it('sends events; only telemetry may be left out', () => {
    emit({ type: 'log', level: 'info', message: 'hello' });
    expect(sent.at(-1)).toMatchObject({ type: 'event', event: { message: 'hello' } });
  });

  it('ends after it has answered close', async () => {
    expect(await ask(command(3, 'close'))).toMatchObject({ type: 'done', id: 3 });
    expect(exit).toHaveBeenCalledOnce();
  });

  it('cleans up and ends when the driver is gone', async () => {
    parentGone();
    await settle();
    expect(close).toHaveBeenCalledOnce();
    expect(exit).toHaveBeenCalled();
  });

  it('ends even when cleaning up hangs', async () => {
    close.mockReturnValue(new Promise(() => undefined));
    parentGone();
    await vi.advanceTimersByTimeAsync(1999);
    expect(exit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(exit).toHaveBeenCalled();
  });
});
