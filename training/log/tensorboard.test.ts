import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import protobuf from 'protobufjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { EventWriter, frameRecord } from './tensorboard.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'residua-log-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Splits a file into records, checking both checksums of each. */
function records(path: string): Uint8Array[] {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(data.length).toBe(length);
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc32c(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

interface ParsedEvent {
  wallTime?: number;
  step?: number;
  fileVersion?: string;
  sessionStatus?: number;
  values: Record<string, number>;
}

/** Reads an Event by wire format alone, not through the writer's schema. */
function parseEvent(data: Uint8Array): ParsedEvent {
  const reader = protobuf.Reader.create(data);
  const event: ParsedEvent = { values: {} };
  const nested = (): protobuf.Reader => protobuf.Reader.create(reader.bytes());
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ((1 << 3) | 1)) event.wallTime = reader.double();
    else if (tag === 2 << 3) event.step = Number(reader.int64());
    else if (tag === ((3 << 3) | 2)) event.fileVersion = reader.string();
    else if (tag === ((5 << 3) | 2)) {
      const summary = nested();
      while (summary.pos < summary.len) {
        expect(summary.uint32()).toBe((1 << 3) | 2);
        const value = protobuf.Reader.create(summary.bytes());
        expect(value.uint32()).toBe((1 << 3) | 2);
        const name = value.string();
        expect(value.uint32()).toBe((2 << 3) | 5);
        event.values[name] = value.float();
        expect(value.pos).toBe(value.len);
      }
    } else if (tag === ((7 << 3) | 2)) {
      const log = nested();
      expect(log.uint32()).toBe(1 << 3);
      event.sessionStatus = log.int32();
    } else throw new Error(`unexpected tag ${tag}`);
  }
  return event;
}

describe('crc32c', () => {
  it('gives the published check values', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa); // RFC 3720 B.4
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });
});

describe('EventWriter', () => {
  it('writes a version event and then the scalars of each step', () => {
    const writer = new EventWriter(join(dir, 'run'), { now: () => 1700000000.25 });
    writer.scalars({ 'loss/total': 1.5, lr: 3e-4 }, 7);
    writer.scalar('valid/siSdr', NaN, 2 ** 31 + 5);
    writer.close();
    expect(basename(writer.path)).toMatch(/^events\.out\.tfevents\.1700000000\..+/);
    const events = records(writer.path).map(parseEvent);
    expect(events).toHaveLength(3);
    expect(events[0]).toMatchObject({ fileVersion: 'brain.Event:2', wallTime: 1700000000.25 });
    expect(events[1]).toMatchObject({
      step: 7,
      values: { 'loss/total': 1.5, lr: Math.fround(3e-4) },
    });
    expect(events[2]?.step).toBe(2 ** 31 + 5);
    expect(events[2]?.values['valid/siSdr']).toBeNaN();
  });

  it('marks where a resumed run starts', () => {
    const writer = new EventWriter(dir, { resumeStep: 400 });
    writer.close();
    const events = records(writer.path).map(parseEvent);
    expect(events[1]).toMatchObject({ step: 400, sessionStatus: 1 });
  });

  it('never overwrites a run begun in the same second', () => {
    const now = (): number => 1700000000;
    for (let i = 0; i < 3; i++) new EventWriter(dir, { now }).close();
    expect(readdirSync(dir)).toHaveLength(3);
  });

  it('has each value on disk at once, and refuses to write after close', () => {
    const writer = new EventWriter(dir);
    writer.scalar('a', 1, 1);
    expect(records(writer.path)).toHaveLength(2);
    writer.close();
    expect(() => writer.scalar('a', 1, 2)).toThrow('closed');
  });

  it('logs nothing for an empty set', () => {
    const writer = new EventWriter(dir);
    writer.scalars({}, 1);
    writer.close();
    expect(records(writer.path)).toHaveLength(1);
  });
});

describe('frameRecord', () => {
  it('frames an empty record as TensorFlow does', () => {
    // Length 0 and the masked checksums of eight zero bytes and of nothing.
    const frame = Buffer.from(frameRecord(new Uint8Array(0))).toString('hex');
    expect(frame).toBe('0000000000000000' + '29039807' + 'd8ea82a2');
  });
});
