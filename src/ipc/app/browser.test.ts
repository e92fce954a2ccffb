import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from './browser.ts';

describe('frames', () => {
  it('carry every kind of value of the contract, bytes as bytes', () => {
    const message = {
      ipc: 1,
      id: 7,
      argument: { bytes: new Uint8Array([0, 255, 3]), ratio: 0.1, none: null, list: ['ä', true] },
    };
    const decoded = decodeFrame(encodeFrame(message)) as typeof message;
    expect(decoded).toEqual(message);
    expect(decoded.argument.bytes.constructor).toBe(Uint8Array);
  });

  it('cut bytes out of a Node buffer as plain bytes', () => {
    const padded = Buffer.concat([Buffer.from('xx'), encodeFrame({ bytes: new Uint8Array([9]) })]);
    const decoded = decodeFrame(padded.subarray(2)) as { bytes: Uint8Array };
    expect(decoded.bytes.constructor).toBe(Uint8Array);
    expect([...decoded.bytes]).toEqual([9]);
  });

  it('leave out what is undefined, as optional properties are', () => {
    expect(decodeFrame(encodeFrame({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['half a value', encodeFrame({ a: 'some text' }).subarray(0, 5)],
    ['two values', new Uint8Array([1, 2])],
    ['an unused type byte', new Uint8Array([0xc1])],
    ['a list that claims four billion items', new Uint8Array([0xdd, 255, 255, 255, 255])],
    ['a key that would change a prototype', encode({ ['__proto__']: 1 })],
    ['an object as key', new Uint8Array([0x81, 0x80, 0x01])],
  ])('refuse %s', (_name, frame) => {
    expect(() => decodeFrame(frame, 1024)).toThrow(
      expect.objectContaining({ code: 'IPC_INVALID' }),
    );
  });

  it('never throw anything else, whatever the bytes are', () => {
    let state = 1;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647);
    for (let round = 0; round < 3000; round++) {
      const bytes = Uint8Array.from({ length: random() % 40 }, () => random() & 255);
      try {
        decodeFrame(bytes, 1024);
      } catch (error) {
        expect(error).toMatchObject({ code: 'IPC_INVALID' });
      }
    }
  });
});
