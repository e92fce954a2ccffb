/**
 * Writes TensorBoard event files: TFRecord frames (length, its masked CRC-32C, data, its masked
 * CRC-32C; little endian) that each hold one Event message. Show them with
 * `tensorboard --logdir training/runs`.
 *
 * Sources: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto, summary.proto.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { maskedCrc32c } from './crc32c.ts';

/** The part of event.proto that scalars need; field numbers are TensorFlow's. */
const SCHEMA = `
syntax = "proto3";
message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what {
    string file_version = 3;
    Summary summary = 5;
    SessionLog session_log = 7;
  }
}
message Summary {
  message Value {
    string tag = 1;
    oneof value { float simple_value = 2; }
  }
  repeated Value value = 1;
}
message SessionLog {
  enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; STOP = 2; CHECKPOINT = 3; }
  SessionStatus status = 1;
}
`;

const Event = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('Event');

export interface EventWriterOptions {
  /**
   * First step of a resumed run: TensorBoard then forgets what an earlier, interrupted run logged
   * from this step on.
   */
  resumeStep?: number;
  /** Seconds since 1970; for tests. */
  now?: () => number;
}

/** One event file of one run. Every call is on disk when it returns. */
export class EventWriter {
  /** The file being written. */
  readonly path: string;
  private fd: number | undefined;
  private readonly now: () => number;

  /** @param dir the run's folder, made when missing */
  constructor(dir: string, options: EventWriterOptions = {}) {
    this.now = options.now ?? (() => Date.now() / 1000);
    mkdirSync(dir, { recursive: true });
    const seconds = Math.floor(this.now()).toString().padStart(10, '0');
    this.path = this.open(join(dir, `events.out.tfevents.${seconds}.${hostname()}`));
    this.write({ file_version: 'brain.Event:2' });
    if (options.resumeStep !== undefined) {
      this.write({ step: options.resumeStep, session_log: { status: 1 } });
    }
  }

  /** Logs several values of one step. Tags may group with slashes, such as `loss/total`. */
  scalars(values: Readonly<Record<string, number>>, step: number): void {
    const value = Object.entries(values).map(([tag, simple_value]) => ({ tag, simple_value }));
    if (value.length > 0) this.write({ step, summary: { value } });
  }

  /** Logs one value. */
  scalar(tag: string, value: number, step: number): void {
    this.scalars({ [tag]: value }, step);
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  /** Two runs begun within one second get different names. */
  private open(base: string): string {
    for (let attempt = 0; ; attempt++) {
      const path = attempt === 0 ? base : `${base}.${attempt}`;
      try {
        this.fd = openSync(path, 'wx');
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  private write(event: Record<string, unknown>): void {
    if (this.fd === undefined) throw new Error('the event log is closed');
    const message = Event.fromObject({ wall_time: this.now(), ...event });
    const record = frameRecord(Event.encode(message).finish());
    for (let at = 0; at < record.length;) at += writeSync(this.fd, record, at);
  }
}

/** One TFRecord frame around `data`. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(12 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}
