import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { ResiduaError } from '../../common/errors.ts';

/** A noisy recording and its clean counterpart. */
export interface Pair {
  id: string;
  noisy: string;
  clean: string;
  /** Signal-to-noise ratio of the mixture, where pairs.csv says. */
  snrDb?: number;
}

const HINT = 'It must hold noisy/ and clean/ with files of the same names, and may hold pairs.csv.';

/**
 * Finds the pairs below `folder`: those named in the `id` column of pairs.csv (with `snr_db`), or
 * else every name that stands in both noisy/ and clean/.
 * @throws ResiduaError PAIRS_NOT_FOUND, PAIRS_INCOMPLETE
 */
export async function findPairs(folder: string): Promise<Pair[]> {
  const noisy = await filesByStem(join(folder, 'noisy'));
  const clean = await filesByStem(join(folder, 'clean'));
  const listed = await readPairList(join(folder, 'pairs.csv'));
  const rows = listed ?? [...noisy.keys()].sort().map((id) => ({ id }));
  if (rows.length === 0) {
    throw new ResiduaError('PAIRS_NOT_FOUND', `${folder}: no pairs`, { hint: HINT });
  }
  return rows.map((row) => {
    const pair = { ...row, noisy: noisy.get(row.id) ?? '', clean: clean.get(row.id) ?? '' };
    for (const side of ['noisy', 'clean'] as const) {
      if (pair[side] === '') {
        throw new ResiduaError('PAIRS_INCOMPLETE', `${folder}/${side}: no file for '${row.id}'`, {
          hint: HINT,
        });
      }
    }
    return pair;
  });
}

async function filesByStem(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new ResiduaError('PAIRS_NOT_FOUND', `${folder}: cannot be listed (${error.code})`, {
      hint: HINT,
    });
  });
  const audible = names.filter((name) => !name.startsWith('.'));
  return new Map(audible.map((name) => [basename(name, extname(name)), join(folder, name)]));
}

async function readPairList(path: string): Promise<{ id: string; snrDb?: number }[] | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [head, ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const columns = (head ?? '').split(',').map((name) => name.trim());
  const idColumn = columns.indexOf('id');
  const snrColumn = columns.indexOf('snr_db');
  if (idColumn < 0) {
    throw new ResiduaError('PAIRS_INCOMPLETE', `${path}: no column 'id'`, {
      hint: 'Name the columns in its first line, for example: id,snr_db',
    });
  }
  return lines.map((line) => {
    const cells = line.split(',').map((cell) => cell.trim());
    const id = cells[idColumn] ?? '';
    const snrDb = Number(cells[snrColumn] || Number.NaN);
    return Number.isNaN(snrDb) ? { id } : { id, snrDb };
  });
}
