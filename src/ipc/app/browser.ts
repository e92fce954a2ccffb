import { decode, encode } from '@msgpack/msgpack';
import { ResiduaError } from '../../common/errors.ts';
import { MAX_PIECE_BYTES } from './media.ts';

/**
 * How the contract travels in browser mode: one WebSocket on the address that the page came from, each message
 * one binary frame of MessagePack.
 *
 * The address that opens the page ends in `#token=…`: a fragment is never sent to a server. The page takes it out
 * of the address bar and the history, keeps it in `sessionStorage` so that it can be loaded anew, and shows it
 * where it opens its socket: `/socket?token=…`.
 */
export const SOCKET_PATH = '/socket';

/** 256 bits, base64url. */
export const tokenPattern = /^[\w-]{43}$/;

/** Longest frame that the app takes, bytes: a piece of an upload and what is around it. */
export const MAX_FRAME_BYTES = MAX_PIECE_BYTES + 65_536;

/** Why the app closed the socket. Without one of these it is gone, and may come back. */
export const closeCodes = {
  /** The app has ended. */
  ended: 4000,
  /** Another page has taken over (the event `superseded` was sent before). */
  superseded: 4001,
  /** Too many messages, or too much waiting to be answered. */
  flood: 4002,
  /** A frame that is no MessagePack, or text. */
  malformed: 4003,
} as const;

/** @param message of the contract; properties that are `undefined` are left out */
export function encodeFrame(message: unknown): Uint8Array {
  return encode(message, { ignoreUndefined: true });
}

/** Longest list in a request; a decoder makes room for a list before it has seen its items. */
export const MAX_REQUEST_LIST = 1024;

/**
 * @param maxList longest list or map; unlimited by default
 * @returns what was encoded; byte arrays are views of `frame`, at any alignment
 * @throws ResiduaError `IPC_INVALID` for anything but one whole MessagePack value
 */
export function decodeFrame(frame: ArrayBuffer | Uint8Array, maxList = 2 ** 32 - 1): unknown {
  // Not a Buffer: what is cut out of it would be one too.
  const bytes =
    frame instanceof ArrayBuffer
      ? new Uint8Array(frame)
      : new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
  try {
    return decode(bytes, { maxArrayLength: maxList, maxMapLength: maxList, maxExtLength: 12 });
  } catch (cause) {
    throw new ResiduaError('IPC_INVALID', 'a frame that is not MessagePack', { cause });
  }
}
