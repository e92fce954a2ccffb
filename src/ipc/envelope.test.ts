import { describe, expect, it } from 'vitest';
import { ResiduaError } from '../common/errors.ts';
import { openReply, reply } from './envelope.ts';
import { overviewSchema, type Overview } from './messages.ts';
import { IPC_VERSION } from './version.ts';

const overview: Overview = {
  appVersion: '0.1.0',
  problems: [{ code: 'MODEL_CORRUPT', message: 'The manifest is not JSON' }],
  models: [
    {
      id: 'residua-v1',
      name: 'Residua',
      version: '1',
      license: 'MIT',
      description: '',
      sampleRateHz: 16_000,
      hopMs: 10,
      algorithmicLatencyMs: 20,
      quantizers: [
        {
          id: 'vq',
          family: 'vq',
          label: 'VQ',
          maxCodebooks: 1,
          bitsPerCodebook: 10,
          kbpsMax: 1,
          params: 12,
          macsPerSecond: 3.5,
        },
      ],
    },
  ],
};

/** What the structured clone between processes does to a message. */
const transfer = (message: unknown): unknown => structuredClone(message);

function errorFrom(received: unknown): unknown {
  try {
    openReply(received, overviewSchema);
  } catch (error) {
    return error;
  }
  throw new Error('the reply was accepted');
}

describe('reply and openReply', () => {
  it('carry a value across', async () => {
    const sent = await reply(() => overview);
    expect(openReply(transfer(sent), overviewSchema)).toEqual(overview);
  });

  it('carry code, message and hint of a failure across, and nothing more', async () => {
    const sent = await reply(() => {
      throw new ResiduaError('MODEL_NOT_FOUND', 'No model.', { hint: 'Get one.', cause: 'secret' });
    });
    expect(JSON.stringify(sent)).not.toContain('secret');
    const error = errorFrom(transfer(sent));
    expect(error).toBeInstanceOf(ResiduaError);
    expect(error).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: 'No model.',
      hint: 'Get one.',
    });
  });

  it('turn a bug into a problem, also when something odd is thrown', async () => {
    const sent = await reply(() => Promise.reject(new TypeError('x is undefined')));
    expect(errorFrom(transfer(sent))).toMatchObject({
      code: 'INTERNAL',
      message: 'x is undefined',
    });
    const odd = await reply(() => Promise.reject(undefined as unknown as Error));
    expect(errorFrom(transfer(odd))).toMatchObject({ code: 'INTERNAL' });
  });
});

describe('openReply refuses', () => {
  it('another version of the contract', () => {
    const received = { ipc: IPC_VERSION + 1, ok: true, value: overview };
    expect(errorFrom(received)).toMatchObject({ code: 'IPC_VERSION' });
  });

  it.each([
    ['nothing', undefined],
    ['a string', 'ok'],
    ['an array', []],
    ['no version', { ok: true, value: overview }],
    ['a failure without a problem', { ipc: IPC_VERSION, ok: false }],
    ['a success without a value', { ipc: IPC_VERSION, ok: true }],
  ])('%s', (_name, received) => {
    expect(errorFrom(received)).toMatchObject({ code: 'IPC_INVALID' });
  });

  it.each([
    ['an unknown field', { extra: 1 }],
    ['models that are no list', { models: {} }],
    ['a number that is none', { models: [{ ...overview.models[0], hopMs: Number.NaN }] }],
    ['a negative rate', { models: [{ ...overview.models[0], sampleRateHz: -1 }] }],
    [
      'a quantizer id that could be markup',
      {
        models: [
          {
            ...overview.models[0],
            quantizers: [{ ...overview.models[0]!.quantizers[0], id: '<b>' }],
          },
        ],
      },
    ],
  ])('a value with %s', (_name, change) => {
    const received = { ipc: IPC_VERSION, ok: true, value: { ...overview, ...change } };
    expect(errorFrom(received)).toMatchObject({ code: 'IPC_INVALID' });
  });
});
