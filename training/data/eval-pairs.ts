import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCsv } from './corpora/residua.ts';
import { CorpusDecoder } from './decode.ts';
import { DataError } from './errors.ts';

/** One fixed noisy/clean pair for measuring; never for training. 16 kHz mono. */
export interface EvalPair {
  id: string;
  noisy: Float32Array;
  clean: Float32Array;
  snrDb: number;
}

/** Reads a folder with `pairs.csv` (id, snr_db, …), `noisy/<id>.flac` and `clean/<id>.flac`. */
export async function loadEvalPairs(dir: string): Promise<EvalPair[]> {
  const list = join(dir, 'pairs.csv');
  if (!existsSync(list)) {
    throw new DataError('DATA_NOT_FOUND', `no pairs.csv in ${dir}`);
  }
  const [header, ...rows] = parseCsv(readFileSync(list, 'utf8'));
  const id = header?.indexOf('id') ?? -1;
  const snr = header?.indexOf('snr_db') ?? -1;
  if (id < 0 || snr < 0) throw new DataError('DATA_FORMAT', `${list} lacks column id or snr_db`);
  const decoder = new CorpusDecoder();
  const pairs: EvalPair[] = [];
  for (const row of rows) {
    const name = row[id] ?? '';
    const noisy = await decoder.decode(join(dir, 'noisy', `${name}.flac`));
    const clean = await decoder.decode(join(dir, 'clean', `${name}.flac`));
    if (noisy.length !== clean.length) {
      throw new DataError('DATA_FORMAT', `${name}: noisy and clean differ in length`);
    }
    pairs.push({ id: name, noisy, clean, snrDb: Number(row[snr]) });
  }
  if (pairs.length === 0) throw new DataError('DATA_EMPTY', `${list} names no pairs`);
  return pairs;
}
