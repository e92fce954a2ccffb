import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PreparedSource, PreparedWriter, type PreparedMeta } from './prepared.ts';

const meta: PreparedMeta = {
  format: 'residua-prepared',
  formatVersion: 1,
  denoiser: 'test at step 1',
  batchSize: 2,
  samples: 8,
  hopSamples: 4,
  seed: 1,
};

/** A batch whose samples say which one it is. */
function batch(i: number): [{ noisy: Float32Array; clean: Float32Array }, Float32Array] {
  const fill = (value: number): Float32Array => new Float32Array(16).fill(value);
  return [{ noisy: fill(i / 100), clean: fill(-i / 100) }, fill(i / 10)];
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-prepared-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(count: number): Promise<void> {
  const writer = await PreparedWriter.open(folder, meta);
  while (writer.count < count) writer.append(...batch(writer.count));
  writer.close();
}

function numbers(source: PreparedSource, count: number): number[] {
  return Array.from({ length: count }, () => Math.round(source.next().noisy[0]! * 100));
}

describe('prepared batches', () => {
  it('come back as they were, to 16 bits', async () => {
    await write(1);
    const writer = await PreparedWriter.open(folder, meta);
    writer.append({ noisy: new Float32Array(16).fill(0.5), clean: new Float32Array(16).fill(-2) }, new Float32Array(16).fill(-1.25)); // prettier-ignore
    writer.close();
    const source = new PreparedSource(folder, 1);
    const batches = [source.next(), source.next()];
    const second = batches.find(({ noisy }) => noisy[0]! > 0.1)!;
    expect(second.noisy[7]).toBeCloseTo(0.5, 4);
    expect(second.denoised[15]).toBeCloseTo(-1.25, 4);
    // Samples beyond full scale are clipped, not wrapped round.
    expect(second.clean[3]).toBeCloseTo(-1, 3);
    expect(second.audioSeconds).toBeCloseTo(16 / 16000, 9);
  });

  it('are drawn once each before any twice, in an order that the seed decides', async () => {
    await write(20);
    const order = numbers(new PreparedSource(folder, 1), 40);
    const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
    const all = Array.from({ length: 20 }, (_, i) => i);
    expect(sorted(order.slice(0, 20))).toEqual(all);
    expect(sorted(order.slice(20))).toEqual(all);
    expect(order.slice(20)).not.toEqual(order.slice(0, 20));
    expect(numbers(new PreparedSource(folder, 1), 40)).toEqual(order);
    expect(numbers(new PreparedSource(folder, 2), 40)).not.toEqual(order);
    expect(numbers(new PreparedSource(folder, 1, 25), 15)).toEqual(order.slice(25));
  });

  it('go on after an interrupted write, without its broken last batch', async () => {
    await write(3);
    await appendFile(join(folder, 'batches.bin'), new Uint8Array(31));
    expect(new PreparedSource(folder, 1).count).toBe(3);
    await write(5);
    const source = new PreparedSource(folder, 1);
    expect(source.count).toBe(5);
    expect(numbers(source, 5).toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuse a folder of another kind, an empty one and a broken description', async () => {
    expect(() => new PreparedSource(folder, 1)).toThrow(
      expect.objectContaining({ code: 'DATA_NOT_FOUND' }),
    );
    await write(0);
    expect(() => new PreparedSource(folder, 1)).toThrow(
      expect.objectContaining({ code: 'DATA_EMPTY' }),
    );
    await expect(PreparedWriter.open(folder, { ...meta, samples: 16 })).rejects.toMatchObject({
      code: 'DATA_FORMAT',
    });
    await writeFile(join(folder, 'meta.json'), '{"format":"other"}');
    expect(() => new PreparedSource(folder, 1)).toThrow(
      expect.objectContaining({ code: 'DATA_FORMAT' }),
    );
  });

  it('refuse parts of different lengths', async () => {
    const writer = await PreparedWriter.open(folder, meta);
    expect(() => writer.append(batch(0)[0], new Float32Array(15))).toThrow(RangeError);
    writer.close();
  });
});
