import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32 } from 'node:zlib';
import { ResiduaError } from '../common/errors.ts';
import { packetBytes } from './rsd-header.ts';
import {
  encodeRsdHeader,
  matchRsdModel,
  openRsd,
  parseRsdHeader,
  readRsd,
  RsdWriter,
} from './rsd.ts';
import type { RsdBlock, RsdHeader, RsdReadOptions } from './rsd.ts';
import { parseManifest } from './manifest.ts';

const SEED = Number(process.env['RESIDUA_FUZZ_SEED'] ?? Date.now() % 1_000_000);

function random(seed: number): () => number {
  let s = (seed % 2_147_483_646) + 1;
  return () => (s = (s * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function header(overrides: Partial<RsdHeader> = {}): RsdHeader {
  return {
    modelId: 'tiny',
    modelVersion: '1.0.0',
    quantizer: 'rvq',
    decoderSha256: '0123456789abcdef'.repeat(4),
    sampleRate: 16_000,
    hopSamples: 160,
    delaySamples: 160,
    codebooks: 2,
    codebookSize: 1000,
    channels: 2,
    framesPerPacket: 4,
    originalSampleRate: 48_000,
    originalSamples: undefined,
    modelSamples: undefined,
    ...overrides,
  };
}

function randomCodes(h: RsdHeader, frames: number, seed = 7): Int32Array[] {
  const next = random(seed);
  return Array.from({ length: h.channels }, () =>
    Int32Array.from({ length: frames * h.codebooks }, () => Math.floor(next() * h.codebookSize)),
  );
}

/** A whole stream of `frames` frames. */
function write(h: RsdHeader, codes: Int32Array[], chunkFrames = codes[0]!.length): Uint8Array {
  const writer = new RsdWriter(h);
  const parts = [writer.start()];
  const frames = codes[0]!.length / h.codebooks;
  for (let at = 0; at < frames; at += chunkFrames) {
    parts.push(
      writer.push(codes.map((c) => c.subarray(at * h.codebooks, (at + chunkFrames) * h.codebooks))),
    );
  }
  const modelSamples = Math.max(0, frames * h.hopSamples - h.delaySamples);
  const originalSamples = Math.round((modelSamples * h.originalSampleRate) / h.sampleRate);
  const end = writer.finish(originalSamples, modelSamples);
  parts.push(end.rest);
  expect(end.header.length).toBe(parts[0]!.length);
  parts[0] = end.header;
  return Uint8Array.from(Buffer.concat(parts));
}

function* chunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  bytes: Uint8Array,
  options?: RsdReadOptions,
  chunkBytes = 64,
): Promise<{ header: RsdHeader; blocks: RsdBlock[]; codes: number[][] }> {
  const stream = await readRsd(chunks(bytes, chunkBytes), options);
  const blocks: RsdBlock[] = [];
  for await (const block of stream.blocks) blocks.push(block);
  const codes = Array.from({ length: stream.header.channels }, (_, c) =>
    blocks.flatMap((b) => [...b.codes[c]!]),
  );
  return { header: stream.header, blocks, codes };
}

const plain = (codes: Int32Array[]) => codes.map((c) => [...c]);

const H = header();
const FRAMES = 22;
const CODES = randomCodes(H, FRAMES);
const STREAM = write(H, CODES);
const HEADER_BYTES = parseRsdHeader(STREAM)!.length;
const PACKET = packetBytes(H, H.framesPerPacket);
const packetAt = (index: number) => HEADER_BYTES + index * PACKET;

describe('rsd round trip', () => {
  it.each([
    { channels: 1, codebooks: 1, codebookSize: 1024 },
    { channels: 1, codebooks: 1, codebookSize: 2 },
    { channels: 3, codebooks: 5, codebookSize: 1000 },
    { channels: 8, codebooks: 8, codebookSize: 1 << 24, framesPerPacket: 20 },
    { channels: 1, codebooks: 64, codebookSize: 3, framesPerPacket: 255 },
  ])('keeps every code: %o', async (overrides) => {
    const h = header(overrides);
    for (const frames of [0, 2, h.framesPerPacket, 3 * h.framesPerPacket + 1]) {
      const codes = randomCodes(h, frames, frames + 1);
      const bytes = write(h, codes);
      const result = await read(bytes, {}, 1000);
      expect(result.codes).toEqual(plain(codes));
      expect(result.blocks.every((b) => !b.lost)).toBe(true);
      expect(result.header).toMatchObject({
        ...overrides,
        modelId: 'tiny',
        originalSampleRate: 48_000,
      });
    }
  });

  it('writes the same bytes for any chunking and reads them back from any', async () => {
    for (const size of [1, 3, 7]) expect(write(H, CODES, size)).toEqual(STREAM);
    for (const size of [1, 2, 13, 5000]) {
      expect((await read(STREAM, {}, size)).codes).toEqual(plain(CODES));
    }
  });

  it('matches the documented layout byte by byte', () => {
    const h = header({ codebookSize: 16, codebooks: 3, channels: 1, framesPerPacket: 20 });
    const bytes = Buffer.from(write(h, [Int32Array.of(1, 2, 3, 4, 5, 6)]));
    expect(bytes.subarray(0, 8).toString('hex')).toBe('5253441a' + '01' + '00' + '5f00');
    expect(bytes.readUInt32LE(8)).toBe(16_000);
    expect([bytes.readUInt16LE(12), bytes.readUInt16LE(14)]).toEqual([160, 160]);
    expect([bytes.readUInt32LE(16), ...bytes.subarray(20, 24)]).toEqual([16, 3, 4, 1, 20]);
    expect(bytes.readUInt32LE(24)).toBe(48_000);
    expect([bytes.readBigUInt64LE(28), bytes.readBigUInt64LE(36)]).toEqual([480n, 160n]);
    expect(bytes.toString('hex', 44, 76)).toBe(h.decoderSha256);
    expect(bytes.toString('latin1', 76, 91)).toBe('\x04tiny\x051.0.0\x03rvq');
    const end = 76 + 5 + 6 + 4;
    expect(bytes.readUInt32LE(end)).toBe(crc32(bytes.subarray(0, end)));
    const packet = bytes.subarray(end + 4);
    expect(packet.subarray(0, 10).toString('hex')).toBe('5270' + '00000000' + '02' + '123456');
    expect(packet.readUInt32LE(10)).toBe(crc32(packet.subarray(0, 10)));
    expect(packet.length).toBe(14);
  });

  it('refuses to write what it could not read back', () => {
    expect(() => encodeRsdHeader(header({ channels: 33 }))).toThrow(/33 channels/);
    expect(() => encodeRsdHeader(header({ modelId: '' }))).toThrow(/name/);
    expect(() =>
      encodeRsdHeader(header({ codebooks: 64, channels: 32, framesPerPacket: 255 })),
    ).toThrow(/large/);
    const writer = new RsdWriter(H);
    expect(() => writer.push([new Int32Array(4)])).toThrow(
      expect.objectContaining({ code: 'RSD_CODES' }),
    );
    expect(() => writer.push([new Int32Array(3), new Int32Array(3)])).toThrow(/whole frames/);
    for (const bad of [-1, 1000]) {
      const codes = [0, 1].map(() => new Int32Array(8).fill(bad));
      expect(() => new RsdWriter(H).push(codes)).toThrow(
        expect.objectContaining({ code: 'CODE_RANGE' }),
      );
    }
    expect(() => new RsdWriter(H).finish(48_000, 16_000)).toThrow(/101 frames, not 0/);
  });
});

describe('rsd damage', () => {
  const lostIndices = (blocks: RsdBlock[]) =>
    blocks.filter((b) => b.lost).map((b) => b.firstFrame / H.framesPerPacket);

  /** Every packet but the lost ones must be what was written. */
  function expectOnlyLost(result: Awaited<ReturnType<typeof read>>, lost: number[]): void {
    expect(lostIndices(result.blocks)).toEqual(lost);
    const expected = CODES.map((channel) =>
      [...channel].map((code, i) =>
        lost.includes(Math.floor(i / (H.codebooks * H.framesPerPacket))) ? -1 : code,
      ),
    );
    expect(result.codes).toEqual(expected);
  }

  it('every prefix is refused as cut, never decoded in part', async () => {
    for (let length = 0; length < STREAM.length; length++) {
      await expect(read(STREAM.subarray(0, length)), `prefix ${length}`).rejects.toMatchObject({
        code: 'RSD_TRUNCATED',
      });
    }
  });

  it('every prefix can be read as far as it goes when the caller allows it', async () => {
    for (let length = HEADER_BYTES; length < STREAM.length; length += 5) {
      const { blocks } = await read(STREAM.subarray(0, length), { allowTruncated: true });
      expect(blocks.length).toBe(Math.floor((length - HEADER_BYTES) / PACKET));
      expect(blocks.every((b) => !b.lost)).toBe(true);
    }
  });

  it('every single flipped bit costs at most its own packet', async () => {
    for (let byte = 0; byte < STREAM.length; byte++) {
      const damaged = STREAM.slice();
      damaged[byte]! ^= 1 << (byte % 8);
      if (byte < HEADER_BYTES) {
        await expect(read(damaged), `byte ${byte}`).rejects.toMatchObject({
          code: expect.stringMatching(/^RSD_(FORMAT|VERSION|CORRUPT|TRUNCATED)$/),
        });
      } else {
        expectOnlyLost(await read(damaged), [Math.floor((byte - HEADER_BYTES) / PACKET)]);
      }
    }
  });

  it('a packet that is missing, repeated or late costs that packet only', async () => {
    const cut = (from: number, to: number) =>
      Buffer.concat([STREAM.subarray(0, from), STREAM.subarray(to)]);
    expectOnlyLost(await read(cut(packetAt(0), packetAt(1))), [0]);
    expectOnlyLost(await read(cut(packetAt(2), packetAt(4))), [2, 3]);
    const p = (i: number) => STREAM.subarray(packetAt(i), packetAt(i + 1));
    const build = (...order: number[]) =>
      Buffer.concat([
        STREAM.subarray(0, HEADER_BYTES),
        ...order.map(p),
        STREAM.subarray(packetAt(5)),
      ]);
    expectOnlyLost(await read(build(0, 1, 1, 2, 3, 4)), []);
    expectOnlyLost(await read(build(0, 2, 1, 3, 4)), [1]);
  });

  it('finds the next packet behind inserted and deleted bytes', async () => {
    const next = random(SEED);
    for (let i = 0; i < 60; i++) {
      const at = packetAt(1) + Math.floor(next() * PACKET);
      const noise = Uint8Array.from({ length: 1 + Math.floor(next() * 40) }, () => next() * 256);
      noise[0] = STREAM[at]! ^ 0xff; // never by chance what stands there anyway
      const inserted = Buffer.concat([STREAM.subarray(0, at), noise, STREAM.subarray(at)]);
      const lost = at === packetAt(1) ? [] : [1];
      expectOnlyLost(await read(inserted), lost);
      const to = Math.min(packetAt(2), at + 3);
      expectOnlyLost(await read(Buffer.concat([STREAM.subarray(0, at), STREAM.subarray(to)])), [1]);
    }
  });

  it('damage in the last packet is a loss, not a cut', async () => {
    const damaged = STREAM.slice();
    damaged.fill(0xff, packetAt(5));
    expectOnlyLost(await read(damaged), [5]);
  });

  it('an unfinished stream is refused at once, or read as far as it goes', async () => {
    const writer = new RsdWriter(H);
    const bytes = Buffer.concat([writer.start(), writer.push(CODES)]);
    await expect(readRsd([bytes])).rejects.toMatchObject({ code: 'RSD_UNFINISHED' });
    const { blocks } = await read(bytes, { allowTruncated: true });
    expect(blocks.length).toBe(5);
  });

  it('frees its source on errors, at the end, and when closed early', async () => {
    let open = 0;
    async function* source(bytes: Uint8Array) {
      open += 1;
      try {
        yield* chunks(bytes, 50);
      } finally {
        open -= 1;
      }
    }
    await expect(readRsd(source(new Uint8Array(200)))).rejects.toThrow();
    expect(open).toBe(0);
    const early = await readRsd(source(STREAM));
    expect(open).toBe(1);
    await early.close();
    expect(open).toBe(0);
    const full = await readRsd(source(STREAM));
    for await (const block of full.blocks) if (block.firstFrame > 4) break;
    expect(open).toBe(0);
  });

  it(`random bytes never crash or hang the reader (seed ${SEED}; set RESIDUA_FUZZ_SEED to repeat)`, async () => {
    const next = random(SEED);
    const outcomes = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const bytes = STREAM.slice(0, Math.floor(next() * STREAM.length * 1.3));
      const kind = i % 3;
      if (kind === 0) bytes.forEach((_, j) => (bytes[j] = next() * 256));
      else {
        for (let flips = 1 + Math.floor(next() * 12); flips > 0; flips--) {
          const at = Math.floor(next() * bytes.length);
          if (bytes.length > 0) bytes[at] = next() * 256;
        }
        // A checksum that fits lets hostile fields through to the deeper checks.
        if (kind === 2 && bytes.length >= HEADER_BYTES) {
          const view = Buffer.from(bytes.buffer);
          view.writeUInt32LE(crc32(view.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
        }
      }
      try {
        const { header: h, blocks } = await read(bytes, { allowTruncated: i % 2 === 0 });
        for (const block of blocks) {
          expect(block.codes.length).toBe(h.channels);
          for (const codes of block.codes) {
            expect(codes.every((c) => c >= -1 && c < h.codebookSize)).toBe(true);
            expect(codes.length).toBe(block.frames * h.codebooks);
          }
        }
        outcomes.add('read');
      } catch (error) {
        expect(error).toBeInstanceOf(ResiduaError);
        outcomes.add((error as ResiduaError).code);
      }
    }
    expect(outcomes.size).toBeGreaterThan(3);
  });

  it('does not conceal for hours because one packet claims a high index', async () => {
    const h = header({ modelSamples: 2 ** 40, originalSamples: 3 * 2 ** 40 });
    const packet = Buffer.from(STREAM.subarray(packetAt(0), packetAt(1)));
    packet.writeUInt32LE(2 ** 31, 2);
    packet.writeUInt32LE(crc32(packet.subarray(0, -4)), packet.length - 4);
    await expect(read(Buffer.concat([encodeRsdHeader(h), packet]))).rejects.toMatchObject({
      code: 'RSD_TRUNCATED',
    });
  });

  it('says what is wrong with a foreign file, a folder, nothing, or another version', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rsd-'));
    try {
      await expect(openRsd(folder)).rejects.toMatchObject({ code: 'RSD_NOT_FOUND' });
      await expect(openRsd(join(folder, 'none.rsd'))).rejects.toMatchObject({
        code: 'RSD_NOT_FOUND',
      });
      const path = join(folder, 'a.rsd');
      await writeFile(path, 'RIFF....WAVE');
      await expect(openRsd(path)).rejects.toMatchObject({ code: 'RSD_FORMAT' });
      const newer = STREAM.slice();
      newer[4] = 2;
      await writeFile(path, newer);
      await expect(openRsd(path)).rejects.toMatchObject({ code: 'RSD_VERSION' });
      await writeFile(path, STREAM);
      const stream = await openRsd(path);
      let frames = 0;
      for await (const block of stream.blocks) frames += block.frames;
      expect(frames).toBe(FRAMES);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('matchRsdModel', () => {
  const fixture = join(import.meta.dirname, '../../test/fixtures/tiny-model/manifest.json');
  const manifest = parseManifest(readFileSync(fixture, 'utf8'));
  const rvq = manifest.quantizers.find((q) => q.id === 'rvq')!;
  const fitting = header({ decoderSha256: rvq.decoder.sha256, codebookSize: 16, codebooks: 3 });

  it('gives the quantizer of the right model', () => {
    expect(matchRsdModel(fitting, manifest).id).toBe('rvq');
  });

  it.each<[Partial<RsdHeader>, RegExp]>([
    [{ modelId: 'other', modelVersion: '2' }, /needs model other 2, not tiny/],
    [{ quantizer: 'pq' }, /quantizer 'pq'/],
    [{ decoderSha256: '0'.repeat(64) }, /another build/],
    [{ codebooks: 4 }, /does not fit/],
    [{ codebookSize: 32 }, /does not fit/],
    [{ hopSamples: 80 }, /does not fit/],
    [{ sampleRate: 8000 }, /does not fit/],
  ])('refuses %o', (overrides, message) => {
    const call = () => matchRsdModel({ ...fitting, ...overrides }, manifest);
    expect(call).toThrow(expect.objectContaining({ code: 'RSD_MODEL_MISMATCH' }));
    expect(call).toThrow(message);
  });
});
