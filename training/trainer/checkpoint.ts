/**
 * Checkpoints: a folder with checkpoint.json (config, step, tensor table) and tensors.bin (float32,
 * little-endian, in the order of the table). Written to a neighbour folder and renamed, so that an
 * interrupted write never replaces a good checkpoint.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ResiduaError } from '../../src/common/errors.ts';

export interface CheckpointMeta {
  format: 'residua-checkpoint';
  formatVersion: 1;
  /** Of the run, and of the quantizer in it. */
  name: string;
  quantizerId: string;
  step: number;
  /** Seconds of audio seen so far, over all runs that led here. */
  audioSeconds: number;
  /** The training config, as parsed. */
  config: unknown;
  tensors: { name: string; shape: number[]; offset: number; length: number }[];
}

export interface NamedTensor {
  shape: number[];
  values: Float32Array;
}

export interface Checkpoint {
  meta: CheckpointMeta;
  tensors: Map<string, NamedTensor>;
}

export async function writeCheckpoint(
  folder: string,
  meta: Omit<CheckpointMeta, 'format' | 'formatVersion' | 'tensors'>,
  tensors: ReadonlyMap<string, NamedTensor>,
): Promise<void> {
  const table: CheckpointMeta['tensors'] = [];
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    table.push({ name, shape, offset, length: values.length });
    offset += values.length;
  }
  const data = new Float32Array(offset);
  let at = 0;
  for (const { values } of tensors.values()) {
    data.set(values, at);
    at += values.length;
  }
  const full: CheckpointMeta = {
    format: 'residua-checkpoint',
    formatVersion: 1,
    ...meta,
    tensors: table,
  };
  const fresh = `${folder}.new`;
  const old = `${folder}.old`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  await writeFile(join(fresh, 'tensors.bin'), new Uint8Array(data.buffer));
  await writeFile(join(fresh, 'checkpoint.json'), JSON.stringify(full, null, 1));
  await rm(old, { recursive: true, force: true });
  if (existsSync(folder)) await rename(folder, old);
  await rename(fresh, folder);
  await rm(old, { recursive: true, force: true });
}

/** @throws ResiduaError CHECKPOINT_NOT_FOUND, CHECKPOINT_CORRUPT */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  let meta: CheckpointMeta;
  let data: Buffer;
  try {
    meta = JSON.parse(await readFile(join(folder, 'checkpoint.json'), 'utf8')) as CheckpointMeta;
    data = await readFile(join(folder, 'tensors.bin'));
  } catch (error) {
    throw new ResiduaError('CHECKPOINT_NOT_FOUND', `No readable checkpoint in ${folder}`, {
      hint: 'Train one with npm run train, or name another folder.',
      cause: error,
    });
  }
  const last = meta.tensors.at(-1);
  const expected = last === undefined ? 0 : (last.offset + last.length) * 4;
  if (
    meta.format !== 'residua-checkpoint' ||
    meta.formatVersion !== 1 ||
    data.length !== expected
  ) {
    throw new ResiduaError('CHECKPOINT_CORRUPT', `The checkpoint in ${folder} is damaged`, {
      hint: 'Delete it and resume from an earlier one.',
    });
  }
  const all = new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  const tensors = new Map<string, NamedTensor>();
  for (const { name, shape, offset, length } of meta.tensors) {
    tensors.set(name, { shape, values: all.subarray(offset, offset + length) });
  }
  return { meta, tensors };
}
