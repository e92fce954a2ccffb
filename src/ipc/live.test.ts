import { describe, expect, expectTypeOf, it } from 'vitest';
import { UsageError, ResiduaError } from '../common/errors.ts';
import type * as audio from '../audio/backend.ts';
import type * as engine from '../engine/contract.ts';
import {
  commandMessageSchema,
  engineMessageSchema,
  fromEngineProblem,
  parseMessage,
  toEngineProblem,
} from './engine-protocol.ts';
import type * as ipc from './live.ts';
import { IPC_VERSION } from './version.ts';

/** Validated data and the engine's own must be assignable both ways; `readonly` does not matter. */
type Loose<T> = T extends readonly (infer E)[]
  ? Loose<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Loose<T[K]> }
    : T;

describe('the validators and the engine describe the same data', () => {
  it('in their types', () => {
    expectTypeOf<ipc.LiveControls>().toEqualTypeOf<Loose<engine.LiveControls>>();
    expectTypeOf<ipc.Telemetry>().toExtend<Loose<engine.Telemetry>>();
    expectTypeOf<Loose<engine.Telemetry>>().toExtend<ipc.Telemetry>();
    expectTypeOf<ipc.LiveEvent>().toExtend<Loose<engine.LiveEvent>>();
    expectTypeOf<Loose<engine.LiveEvent>>().toExtend<ipc.LiveEvent>();
    expectTypeOf<ipc.AudioDevice>().toEqualTypeOf<Loose<audio.AudioDevice>>();
  });
});

describe('parseMessage', () => {
  const command = { ipc: IPC_VERSION, id: 1, command: 'start', argument: null };

  it('lets through what the contract says', () => {
    expect(parseMessage(commandMessageSchema, command, 'x')).toEqual(command);
    const event = { type: 'log', level: 'info', message: 'hello' };
    const message = { ipc: IPC_VERSION, type: 'event', event };
    expect(parseMessage(engineMessageSchema, message, 'x')).toEqual(message);
  });

  it('refuses another version by name', () => {
    const parse = () => parseMessage(commandMessageSchema, { ...command, ipc: 99 }, 'The app');
    expect(parse).toThrow(expect.objectContaining({ code: 'IPC_VERSION' }));
    expect(parse).toThrow(/The app speaks version 99/);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'start'],
    ['a command that does not exist', { ...command, command: 'constructor' }],
    ['a command out of nowhere', { ...command, command: '__proto__' }],
    ['a number that is none', { ...command, id: Number.NaN }],
    ['more than it should', { ...command, extra: 1 }],
    ['no version', { id: 1, command: 'start', argument: null }],
  ])('refuses %s', (_name, received) => {
    expect(() => parseMessage(commandMessageSchema, received, 'x')).toThrow(
      expect.objectContaining({ code: 'IPC_INVALID' }),
    );
  });

  it.each([
    ['an unknown event', { type: 'event', event: { type: 'party' } }],
    ['an event without its fields', { type: 'event', event: { type: 'state', state: 'running' } }],
    [
      'a state there is none of',
      { type: 'event', event: { type: 'state', state: 'x', previous: 'idle', problem: null } },
    ],
    ['an answer to no question', { type: 'done', result: 1 }],
  ])('refuses %s', (_name, received) => {
    const message = { ipc: IPC_VERSION, ...received };
    expect(() => parseMessage(engineMessageSchema, message, 'x')).toThrow(
      expect.objectContaining({ code: 'IPC_INVALID' }),
    );
  });
});

describe('errors cross the border', () => {
  it('with code, hint and kind, and nothing more', () => {
    const cause = 'secret';
    const failed = new ResiduaError('X_FAILED', 'It failed.', { hint: 'Try again.', cause });
    const problem = structuredClone(toEngineProblem(failed));
    expect(JSON.stringify(problem)).not.toContain(cause);
    const received = fromEngineProblem(problem);
    expect(received).toMatchObject({ code: 'X_FAILED', message: 'It failed.', hint: 'Try again.' });
    expect(received).not.toBeInstanceOf(UsageError);
    const usage = fromEngineProblem(
      toEngineProblem(new UsageError('No.', { code: 'CONTROL_INVALID' })),
    );
    expect(usage).toBeInstanceOf(UsageError);
    expect(usage).toMatchObject({ code: 'CONTROL_INVALID', exitCode: 2 });
    expect(toEngineProblem(new TypeError('x is undefined'))).toMatchObject({ code: 'INTERNAL' });
  });
});
