// @ts-check
/**
 * A device process: it runs one stream or one enumeration of a native library, and ends. So a stream
 * that hangs can be killed, every enumeration is a fresh one, and what the library and ALSA print goes to
 * this process's output, which nobody reads. Plain JavaScript, because it must start at once and small:
 * without a TypeScript loader it does so in a third of the time and half the memory.
 *
 * It is told what to do by one message ({@link file://./protocol.ts}). It ends when its parent does.
 */
import { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { clearTimeout, setTimeout } from 'node:timers';
import { Lead } from './lead.mjs';

/**
 * A native library, as its script presents it.
 * @typedef {object} Library
 * @property {() => import('./protocol.ts').RawDevice[]} devices
 * @property {(request: Open) => NativeSource} openSource throws where the device is refused
 * @property {(request: Open) => NativeSink} openSink
 *
 * @typedef {import('./protocol.ts').OpenRequest} Open
 *
 * @typedef {object} NativeSource
 * @property {(handlers: { data: (chunk: Buffer) => void, failed: (error: unknown) => void }) => void} start
 *
 * @typedef {object} NativeSink
 * @property {(bytes: Buffer) => Promise<unknown>} write resolves as soon as the device can take more
 * @property {(failed: (error: unknown) => void) => void} start after the first write
 * @property {() => Promise<unknown>} drain resolves when all was played
 */

const BYTES_PER_SAMPLE = 4;
/** Blocks that may wait for a parent that does not read; newer ones are dropped meanwhile. */
const MAX_WAITING_BLOCKS = 20;
/** Libraries take their first buffers all at once; the cadence is steady after that. */
const SETTLE_MS = 45;
/** Writes for each block of a sink. */
const MOST_PIECES = 4;
/** Longest to wait for a device to play out; it hangs when the sound server is gone. */
const DRAIN_MS = 500;

/** No device of that name. A library throws it from `openSource` and `openSink`. */
export class DeviceMissing extends Error {}

/**
 * Answers the one request this process is started for.
 * @param {() => Library} load throws where the library cannot be loaded
 */
export function serve(load) {
  // The terminal's Ctrl-C goes to the whole group; the parent decides when streams end.
  process.on('SIGINT', () => {});
  process.on('disconnect', end);
  process.once('message', (message) => {
    const request = /** @type {import('./protocol.ts').Request} */ (message);
    if (request.type !== 'enumerate') hurry();
    Object.assign(process.env, request.env);
    /** @type {Library} */
    let library;
    try {
      library = load();
    } catch (error) {
      failed('missing', error);
      return;
    }
    try {
      if (request.type === 'enumerate') reply({ type: 'devices', devices: library.devices() });
      else if (request.type === 'source') runSource(library.openSource(request), request);
      else runSink(library.openSink(request), request);
    } catch (error) {
      failed(error instanceof DeviceMissing ? 'not-found' : 'refused', error);
    }
  });
}

/**
 * @param {NativeSource} source
 * @param {Open} request
 */
function runSource(source, request) {
  const blockBytes = request.blockFrames * request.channels * BYTES_PER_SAMPLE;
  const frameBytes = 8 + blockBytes;
  const pipe = openPipe();
  pipe.resume();
  let lost = 0;
  const deliver = blocksOf(blockBytes, (block) => {
    if (pipe.writableLength > MAX_WAITING_BLOCKS * frameBytes) {
      lost += request.blockFrames;
      return;
    }
    if (lost > 0) reply({ type: 'lost', frames: lost });
    lost = 0;
    const framed = Buffer.allocUnsafe(frameBytes);
    framed.writeDoubleLE(nowMs(), 0);
    block.copy(framed, 8);
    pipe.write(framed);
  });
  onClose(end);
  source.start({ data: deliver, failed: (error) => failed('refused', error) });
  reply({ type: 'started' });
}

/**
 * Quarters of blocks are written, each when the one before was taken: a short queue that still shows at
 * which pace the device plays. Where none is there in time, silence is written: a library must not starve.
 * @param {NativeSink} sink
 * @param {Open} request
 */
function runSink(sink, request) {
  const frameBytes = request.channels * BYTES_PER_SAMPLE;
  const blockBytes = request.blockFrames * frameBytes;
  const pieceFrames = Math.ceil(request.blockFrames / MOST_PIECES);
  const piecesPerBlock = Math.ceil(request.blockFrames / pieceFrames);
  const pieceBytes = pieceFrames * frameBytes;
  const pieceMs = (pieceFrames * 1000) / request.sampleRateHz;
  // One piece plays, one is queued, and the device's own buffer lasts some ms more.
  const patienceMs = 2 * pieceMs + 3;
  const silence = Buffer.alloc(pieceBytes);
  const asked = Buffer.from([1]);
  const pipe = openPipe();
  const lead = new Lead(request.leadMs / pieceMs, nowMs, (pieces) =>
    reply({ type: 'lead', ms: pieces * pieceMs }),
  );
  /** @type {Buffer[]} */
  const pieces = [];
  /** Pieces asked for that have not come. */
  let awaited = 0;
  let closing = false;
  /** @type {(() => void) | undefined} */
  let wake;

  const arrive = blocksOf(blockBytes, (block) => {
    lead.arrived(pieces.length);
    for (let at = 0; at < blockBytes; at += pieceBytes) {
      pieces.push(block.subarray(at, at + pieceBytes));
    }
    awaited -= piecesPerBlock;
  });
  pipe.on('data', (chunk) => {
    arrive(chunk);
    wake?.();
  });
  const ask = () => {
    while (!closing && pieces.length + awaited <= lead.pieces) {
      awaited += piecesPerBlock;
      pipe.write(asked);
    }
  };
  /** The next piece, waited for no longer than the device can wait. */
  const next = () =>
    pieces.length > 0 || closing
      ? Promise.resolve(pieces.shift())
      : new Promise((resolve) => {
          const timer = setTimeout(done, patienceMs);
          wake = done;
          function done() {
            clearTimeout(timer);
            wake = undefined;
            resolve(pieces.shift());
          }
        });

  async function play() {
    const startedMs = nowMs();
    await sink.write(silence);
    sink.start((error) => failed('refused', error));
    while (nowMs() - startedMs < SETTLE_MS && !closing) await sink.write(silence);
    reply({ type: 'playing' });
    ask();
    for (;;) {
      const piece = await next();
      if (piece === undefined && closing) break;
      if (piece === undefined) {
        lead.late();
        reply({ type: 'underrun' });
      }
      await sink.write(piece ?? silence);
      ask();
    }
    setTimeout(end, DRAIN_MS);
    await sink.drain();
    end();
  }
  onClose(() => {
    closing = true;
    wake?.();
  });
  play().catch((error) => failed('refused', error));
}

/**
 * Cuts a stream of bytes into blocks.
 * @param {number} blockBytes
 * @param {(block: Buffer) => void} take
 * @returns {(chunk: Buffer) => void}
 */
function blocksOf(blockBytes, take) {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (; rest.length >= blockBytes; rest = rest.subarray(blockBytes)) {
      take(rest.subarray(0, blockBytes));
    }
  };
}

/** Sound goes before what can wait. */
function hurry() {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch {
    // Allowed to the privileged only on Linux; it runs with the common priority then.
  }
}

/** Sound goes through file descriptor 3, see the protocol. */
function openPipe() {
  const pipe = new Socket({ fd: 3, readable: true, writable: true });
  return pipe.on('error', end).on('close', end);
}

/** @param {import('./protocol.ts').Reply} message */
function reply(message) {
  process.send?.(message);
}

/**
 * @param {'missing' | 'not-found' | 'refused'} reason
 * @param {unknown} error
 */
function failed(reason, error) {
  const message = error instanceof Error ? error.message : String(error);
  reply({ type: 'failed', reason, message });
}

/** @param {() => void} handler */
function onClose(handler) {
  process.on('message', (message) => {
    if (/** @type {{ type?: unknown }} */ (message).type === 'close') handler();
  });
}

/** Never `process.exit`: it hangs while a read is pending in a libuv thread. */
function end() {
  process.kill(process.pid, 'SIGKILL');
}

/** Milliseconds on the clock all processes of this machine share. */
function nowMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}
