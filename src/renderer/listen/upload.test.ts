import { describe, expect, it, vi } from 'vitest';
import { fileNameOf, saveTransfer } from './save.ts';
import { uploadFile, uploadObstacle } from './upload.ts';

/** Takes uploads as the app does. */
function app(fail?: (offset: number) => void) {
  const received: number[] = [];
  const calls: string[] = [];
  const call = vi.fn((command: string, argument: { offset?: number; bytes?: Uint8Array }) => {
    calls.push(command);
    if (command === 'upload.begin') return Promise.resolve({ id: 'u1' });
    if (command === 'upload.piece') {
      fail?.(argument.offset!);
      received.push(...[argument.bytes!.length]);
      return Promise.resolve(argument.offset! + argument.bytes!.length);
    }
    return Promise.resolve(null);
  });
  return { client: { call } as never, received, calls };
}

const file = (bytes: number, name = 'a.wav') => new File([new Uint8Array(bytes)], name);
const MIB = 1 << 20;

describe('uploadFile', () => {
  it('sends pieces in order and tells how far it is', async () => {
    const { client, received, calls } = app();
    const progress: number[] = [];
    const id = await uploadFile(client, file(2.5 * MIB), { onProgress: (p) => progress.push(p) });
    expect(id).toBe('u1');
    expect(received).toEqual([MIB, MIB, MIB / 2]);
    expect(progress).toEqual([0.4, 0.8, 1]);
    expect(calls).not.toContain('upload.cancel');
  });

  it('given up midway the app is told, and nothing more is sent', async () => {
    const abort = new AbortController();
    const { client, received, calls } = app(() => abort.abort());
    await expect(uploadFile(client, file(3 * MIB), { signal: abort.signal })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    expect(received).toEqual([MIB]);
    expect(calls.at(-1)).toBe('upload.cancel');
  });

  it('an app that refuses a piece has it taken back', async () => {
    const { client, calls } = app(() => {
      throw new Error('disk full');
    });
    await expect(uploadFile(client, file(10))).rejects.toThrow('disk full');
    expect(calls).toEqual(['upload.begin', 'upload.piece', 'upload.cancel']);
  });

  it('a folder is found out before the app is asked', async () => {
    const { client, calls } = app();
    const folder = {
      name: 'takes',
      size: 4096,
      slice: () => ({
        arrayBuffer: () => Promise.reject(new DOMException('no file', 'NotReadableError')),
      }),
    };
    await expect(uploadFile(client, folder as never)).rejects.toThrow('no file');
    expect(calls).toEqual([]);
  });

  it('does not go round in circles when the app does not get on', async () => {
    const client = {
      call: (command: string) => Promise.resolve(command === 'upload.begin' ? { id: 'u' } : 0),
    };
    await expect(uploadFile(client as never, file(10))).rejects.toThrow('stopped arriving');
  });
});

it('uploadObstacle knows what cannot be sent', () => {
  expect(uploadObstacle({ size: 0 })).toBe('empty');
  expect(uploadObstacle({ size: 2 ** 31 })).toBeNull();
  expect(uploadObstacle({ size: 3 * 2 ** 30 })).toBe('too-large');
});

describe('saveTransfer', () => {
  const transfer = { id: 't', name: 'x.wav', mimeType: 'audio/wav', bytes: 5 };

  it('puts the file together and lets go of it', async () => {
    const calls: string[] = [];
    const data = new Uint8Array([1, 2, 3, 4, 5]);
    const client = {
      call: (command: string, { offset = 0 }: { offset?: number }) => {
        calls.push(command);
        return Promise.resolve(
          command === 'transfer.read' ? data.subarray(offset, offset + 2) : null,
        );
      },
    };
    let saved: Blob | undefined;
    await saveTransfer(client as never, transfer, (blob) => (saved = blob));
    expect([...new Uint8Array(await saved!.arrayBuffer())]).toEqual([1, 2, 3, 4, 5]);
    expect(calls).toEqual(['transfer.read', 'transfer.read', 'transfer.read', 'transfer.end']);
  });

  it('saves nothing of a file that ends too early, and lets go of it', async () => {
    const calls: string[] = [];
    const client = {
      call: (command: string) => {
        calls.push(command);
        return Promise.resolve(command === 'transfer.read' ? new Uint8Array(0) : null);
      },
    };
    const save = vi.fn();
    await expect(saveTransfer(client as never, transfer, save)).rejects.toThrow('0 of 5 bytes');
    expect(save).not.toHaveBeenCalled();
    expect(calls).toEqual(['transfer.read', 'transfer.end']);
  });
});

it.each([
  ['Meeting 12/03: "final"', 'Meeting 12 03 final.csv'],
  ['../../etc/passwd', 'etc passwd.csv'],
  ['...', 'residua.csv'],
  ['', 'residua.csv'],
  ['a\u0000b\n', 'a b.csv'],
  ['x'.repeat(300), `${'x'.repeat(80)}.csv`],
])('the file name of %j', (text, name) => {
  expect(fileNameOf(text, 'csv')).toBe(name);
});
