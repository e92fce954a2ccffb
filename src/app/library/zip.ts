import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/**
 * A ZIP archive without compression (APPNOTE.TXT 6.3): code streams do not get any smaller. For files below 4 GiB
 * together, and at most 65 535 of them.
 */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const VERSION = 20;

export interface ZipEntry {
  readonly path: string;
  /** In the archive. */
  readonly name: string;
}

/** @throws RangeError beyond what the format holds; whatever the disk says */
export async function writeZip(output: string, entries: readonly ZipEntry[]): Promise<void> {
  if (entries.length > 0xffff) throw new RangeError(`${entries.length} files in one archive`);
  const file = await open(output, 'wx');
  try {
    let offset = 0;
    const append = async (bytes: Uint8Array): Promise<void> => {
      for (let done = 0; done < bytes.length;) {
        done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
      offset += bytes.length;
      if (offset > 0xffff_ffff) throw new RangeError('an archive of more than 4 GiB');
    };
    const central: Buffer[] = [];
    for (const { path, name } of entries) {
      const { mtime } = await stat(path);
      const [crc, size] = await checksum(path);
      const start = offset;
      const common = describe(Buffer.from(name), mtime, crc, size);
      await append(Buffer.concat([u32(LOCAL), u16(VERSION), ...common]));
      let left = size;
      for await (const chunk of createReadStream(path, { end: Math.max(0, size - 1) })) {
        const bytes = (chunk as Buffer).subarray(0, left);
        left -= bytes.length;
        await append(bytes);
      }
      if (left !== 0) throw new RangeError(`${path} became shorter while it was read`);
      central.push(
        Buffer.concat([
          ...[u32(CENTRAL), u16(VERSION), u16(VERSION), ...common.slice(0, -1)],
          // No comment, first disk, no attributes.
          ...[u16(0), u16(0), u16(0), u32(0), u32(start), common.at(-1)!],
        ]),
      );
    }
    const directory = Buffer.concat(central);
    const at = offset;
    await append(directory);
    const many = u16(entries.length);
    const end = [u32(END), u16(0), u16(0), many, many, u32(directory.length), u32(at), u16(0)];
    await append(Buffer.concat(end));
  } finally {
    await file.close();
  }
}

/** The fields that both headers share; the name, which stands last, too. */
function describe(name: Buffer, modified: Date, crc: number, size: number): Buffer[] {
  const [date, time] = dosTime(modified);
  const stored = 0;
  return [
    ...[u16(FLAGS), u16(stored), u16(time), u16(date), u32(crc), u32(size), u32(size)],
    ...[u16(name.length), u16(0), name],
  ];
}

async function checksum(path: string): Promise<[crc: number, size: number]> {
  let [crc, size] = [0, 0];
  for await (const chunk of createReadStream(path)) {
    crc = crc32(chunk as Buffer, crc);
    size += (chunk as Buffer).length;
  }
  return [crc, size];
}

function dosTime(at: Date): [date: number, time: number] {
  const year = Math.min(Math.max(at.getFullYear(), 1980), 2107) - 1980;
  return [
    (year << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
    (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
  ];
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
