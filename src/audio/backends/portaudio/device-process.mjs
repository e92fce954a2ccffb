// @ts-check
/**
 * The only place that loads naudiodon: a process of its own for each stream and for each enumeration.
 * So the engine can kill a stream that hangs, every enumeration is a fresh one, and what PortAudio, ALSA
 * and naudiodon print goes to this process's output, which nobody reads. Plain JavaScript, because it
 * must start at once and small: without a TypeScript loader it does so in a third of the time.
 *
 * It is told what to do by one message ({@link file://./protocol.ts}): `enumerate`, `source` or `sink`.
 * Sound goes through file descriptor 3, see there too. It ends when its parent does.
 */
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { clearTimeout, setTimeout } from 'node:timers';

const FLOAT32 = 1;
const BYTES_PER_SAMPLE = 4;
/** Blocks that may wait for a parent that does not read; newer ones are dropped meanwhile. */
const MAX_WAITING_BLOCKS = 20;
/** PortAudio takes its first buffers all at once; the cadence is steady after that. */
const SETTLE_MS = 45;
const MAX_LEAD_PIECES = 16;

/** @returns {any} naudiodon */
function load() {
  const require = createRequire(import.meta.url);
  try {
    return require('naudiodon');
  } catch (error) {
    reply({ type: 'failed', reason: 'missing', message: String(error?.message ?? error) });
    return undefined;
  }
}

/** @param {import('./protocol.ts').Reply} message */
function reply(message) {
  process.send?.(message);
}

/** Never `process.exit`: it hangs while a read is pending in a libuv thread. */
function end() {
  process.kill(process.pid, 'SIGKILL');
}

/** Milliseconds on the clock all processes of this machine share. */
function nowMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * PortAudio's own index, for this process only. An unknown index would open the default device without
 * a word, so it is looked up and refused here.
 * @param {any} portaudio
 * @param {import('./protocol.ts').OpenRequest} request
 */
function indexOf(portaudio, request) {
  const { name, hostApi, occurrence } = request.device;
  const same = portaudio
    .getDevices()
    .filter((device) => device.name === name && (!hostApi || device.hostAPIName === hostApi));
  return same[occurrence]?.id;
}

/**
 * @param {any} portaudio
 * @param {import('./protocol.ts').OpenRequest} request
 * @param {Record<string, number>} extra
 */
function open(portaudio, request, extra) {
  const deviceId = indexOf(portaudio, request);
  if (deviceId === undefined) {
    reply({ type: 'failed', reason: 'not-found', message: `no device ${request.device.name}` });
    return undefined;
  }
  const options = {
    deviceId,
    channelCount: request.channels,
    sampleRate: request.sampleRateHz,
    sampleFormat: FLOAT32,
    closeOnError: false, // the first overflow would end the stream
    ...extra,
  };
  try {
    return new portaudio.AudioIO(
      request.type === 'source' ? { inOptions: options } : { outOptions: options },
    );
  } catch (error) {
    reply({ type: 'failed', reason: 'refused', message: String(error?.message ?? error) });
    return undefined;
  }
}

function enumerate() {
  const portaudio = load();
  if (portaudio === undefined) return;
  try {
    const hostApis = portaudio.getHostAPIs();
    reply({ type: 'devices', devices: portaudio.getDevices(), hostApis });
  } catch (error) {
    reply({ type: 'failed', reason: 'refused', message: String(error?.message ?? error) });
  }
}

/** @param {import('./protocol.ts').OpenRequest} request */
function runSource(request) {
  const portaudio = load();
  if (portaudio === undefined) return;
  const blockBytes = request.blockFrames * request.channels * BYTES_PER_SAMPLE;
  const stream = open(portaudio, request, { highwaterMark: blockBytes, maxQueue: 8 });
  if (stream === undefined) return;

  const pipe = new Socket({ fd: 3, readable: true, writable: true });
  pipe.on('error', end).on('close', end).resume();
  /** @type {Buffer[]} */
  let parts = [];
  let bytes = 0;
  let lost = 0;
  stream.on('data', (chunk) => {
    parts.push(chunk);
    bytes += chunk.length;
    while (bytes >= blockBytes) {
      const all = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      deliver(all.subarray(0, blockBytes));
      parts = all.length > blockBytes ? [all.subarray(blockBytes)] : [];
      bytes -= blockBytes;
    }
  });
  const frameBytes = 8 + blockBytes;
  function deliver(block) {
    if (pipe.writableLength > MAX_WAITING_BLOCKS * frameBytes) {
      lost += request.blockFrames;
      return;
    }
    if (lost > 0) {
      reply({ type: 'lost', frames: lost });
      lost = 0;
    }
    const framed = Buffer.allocUnsafe(frameBytes);
    framed.writeDoubleLE(nowMs(), 0);
    block.copy(framed, 8);
    pipe.write(framed);
  }
  stream.on('error', (error) =>
    reply({ type: 'failed', reason: 'refused', message: String(error?.message ?? error) }),
  );
  onMessage('close', end);
  start(stream);
}

/** @param {import('./protocol.ts').OpenRequest} request */
function runSink(request) {
  const portaudio = load();
  if (portaudio === undefined) return;
  // Half blocks, one of them in naudiodon's queue: the shortest queue that still shows, by a write that
  // waits for room, at which pace the device plays.
  const frameBytes = request.channels * BYTES_PER_SAMPLE;
  const blockBytes = request.blockFrames * frameBytes;
  const firstBytes = Math.ceil(request.blockFrames / 2) * frameBytes;
  const pieceMs = ((firstBytes / frameBytes) * 1000) / request.sampleRateHz;
  const silence = Buffer.alloc(firstBytes);
  const stream = open(portaudio, request, { highwaterMark: blockBytes, maxQueue: 1 });
  if (stream === undefined) return;

  const pipe = new Socket({ fd: 3, readable: true, writable: true });
  pipe.on('error', end).on('close', end);
  const lead = new Lead(request.leadMs / pieceMs, (pieces) =>
    reply({ type: 'lead', ms: pieces * pieceMs }),
  );
  /** @type {Buffer[]} */
  const pieces = [];
  /** Pieces asked for that have not come. */
  let awaited = 0;
  let closing = false;
  /** @type {(() => void) | undefined} */
  let wake;

  /** @type {Buffer[]} */
  let parts = [];
  let bytes = 0;
  pipe.on('data', (chunk) => {
    parts.push(chunk);
    bytes += chunk.length;
    while (bytes >= blockBytes) {
      const all = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      lead.arrived(pieces.length);
      pieces.push(all.subarray(0, firstBytes), all.subarray(firstBytes, blockBytes));
      awaited -= 2;
      parts = all.length > blockBytes ? [all.subarray(blockBytes)] : [];
      bytes -= blockBytes;
    }
    wake?.();
  });

  const asked = Buffer.from([1]);
  function ask() {
    if (closing) return;
    while (pieces.length + awaited <= lead.pieces) {
      awaited += 2;
      pipe.write(asked);
    }
  }
  /** Until sound is there, but no longer than the device can wait. */
  function next() {
    const piece = pieces.shift();
    if (piece !== undefined || closing) return Promise.resolve(piece);
    return new Promise((resolve) => {
      const timer = setTimeout(done, pieceMs);
      wake = done;
      function done() {
        clearTimeout(timer);
        wake = undefined;
        resolve(pieces.shift());
      }
    });
  }
  const write = (piece) => new Promise((resolve) => stream.write(piece, resolve));

  async function play() {
    const startedMs = nowMs();
    await write(silence);
    start(stream);
    while (nowMs() - startedMs < SETTLE_MS && !closing) await write(silence);
    reply({ type: 'playing' });
    ask();
    for (;;) {
      let piece = await next();
      if (closing && piece === undefined) break;
      if (piece === undefined) {
        lead.late();
        reply({ type: 'underrun' });
        piece = silence;
      }
      await write(piece);
      ask();
    }
    // Plays what naudiodon still holds. It may hang when the sound server is gone: not for long.
    setTimeout(end, 500);
    await stream.quit();
    end();
  }
  stream.on('error', (error) =>
    reply({ type: 'failed', reason: 'refused', message: String(error?.message ?? error) }),
  );
  onMessage('close', () => {
    closing = true;
    wake?.();
  });
  void play();
}

/**
 * How many half blocks are kept ready beyond those naudiodon holds. Grows at once when sound came too
 * late, shrinks slowly while there was always some to spare.
 */
class Lead {
  #shrinkAfterMs = 20_000;
  #spare = Infinity;
  #sinceMs = nowMs();
  #grownMs = -Infinity;
  #changed;

  /**
   * @param {number} pieces
   * @param {(pieces: number) => void} changed
   */
  constructor(pieces, changed) {
    this.pieces = Math.min(MAX_LEAD_PIECES, Math.max(0, Math.round(pieces)));
    this.#changed = changed;
  }

  /** @param {number} waiting pieces still there when the next ones came */
  arrived(waiting) {
    this.#spare = Math.min(this.#spare, waiting);
    const now = nowMs();
    if (now - this.#sinceMs < this.#shrinkAfterMs) return;
    if (this.#spare >= 2 && this.pieces > 0) this.#set(this.pieces - 1);
    this.#sinceMs = now;
    this.#spare = Infinity;
  }

  late() {
    const now = nowMs();
    this.#spare = 0;
    this.#sinceMs = now;
    // One hitch takes several pieces: it counts once.
    if (now - this.#grownMs < 200) return;
    this.#grownMs = now;
    if (this.pieces < MAX_LEAD_PIECES) this.#set(Math.min(MAX_LEAD_PIECES, this.pieces + 2));
  }

  /** @param {number} pieces */
  #set(pieces) {
    this.pieces = pieces;
    this.#changed(pieces);
  }
}

function start(stream) {
  try {
    stream.start();
    reply({ type: 'started' });
  } catch (error) {
    reply({ type: 'failed', reason: 'refused', message: String(error?.message ?? error) });
  }
}

/**
 * @param {string} type
 * @param {() => void} handler
 */
function onMessage(type, handler) {
  process.on('message', (message) => {
    if (/** @type {{ type: string }} */ (message).type === type) handler();
  });
}

// The terminal's Ctrl-C goes to the whole group; the parent decides when streams end.
process.on('SIGINT', () => {});
process.on('disconnect', end);
try {
  setPriority(constants.priority.PRIORITY_HIGHEST);
} catch {
  // Allowed to the privileged only on Linux; it runs with the common priority then.
}
process.once('message', (message) => {
  const request = /** @type {import('./protocol.ts').Request} */ (message);
  Object.assign(process.env, request.env);
  if (request.type === 'enumerate') enumerate();
  else if (request.type === 'source') runSource(request);
  else if (request.type === 'sink') runSink(request);
});
