import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import { DataError } from '../errors.ts';
import type { CorpusListing, CorpusLoader } from './types.ts';

/** One line of `manifest.csv`. */
export interface ManifestRow {
  split: string;
  kind: string;
  source: string;
  file: string;
  licence: string;
  seconds: number;
}

/** Splits CSV text into records; fields may be quoted, quotes doubled inside (RFC 4180). */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      row.push(field);
      field = '';
    } else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[i + 1] === '\n') i++;
      row.push(field);
      if (row.length > 1 || row[0] !== '') rows.push(row);
      row = [];
      field = '';
    } else field += c;
  }
  if (field !== '' || row.length > 0) rows.push([...row, field]);
  return rows;
}

/** Reads `manifest.csv` of a Residua audio folder. */
export function readManifest(dir: string): { rows: ManifestRow[]; hash: string } {
  const path = join(dir, 'manifest.csv');
  if (!existsSync(path)) {
    throw new DataError('DATA_NOT_FOUND', `no manifest.csv in ${dir}`);
  }
  const text = readFileSync(path, 'utf8');
  const [header, ...records] = parseCsv(text);
  const column = (name: string): number => {
    const index = header?.indexOf(name) ?? -1;
    if (index < 0) throw new DataError('DATA_FORMAT', `${path} has no column '${name}'`);
    return index;
  };
  const [split, kind, source, file] = [
    column('split'),
    column('kind'),
    column('source'),
    column('file'),
  ];
  const [licence, seconds] = [column('licence'), column('seconds')];
  const rows = records.map((r) => ({
    split: r[split] ?? '',
    kind: r[kind] ?? '',
    source: r[source] ?? '',
    file: r[file] ?? '',
    licence: r[licence] ?? '',
    seconds: Number(r[seconds] ?? 0),
  }));
  return { rows, hash: createHash('sha256').update(text).digest('hex') };
}

/** A folder described by `manifest.csv` (split, kind, source, file, …); its train split. */
export const residua: CorpusLoader = {
  format: 'residua',
  layout: 'manifest.csv with columns split, kind, source, file, licence, seconds',
  matches: (dir) => existsSync(join(dir, 'manifest.csv')),
  list: listResidua,
};

/**
 * Validation and test recordings are never listed: a train row whose file lies outside `train/` is
 * refused, since it would leak them into training.
 */
function listResidua(dir: string): CorpusListing {
  const listing: CorpusListing = { format: 'residua', speech: [], noise: [], pairs: [] };
  for (const row of readManifest(dir).rows) {
    if (row.split !== 'train') continue;
    const file = normalize(row.file);
    if (!file.startsWith(`train${sep}`)) {
      throw new DataError(
        'DATA_SPLIT',
        `manifest.csv puts ${row.file} in the train split, but it lies outside train/`,
        'Files of the validation and test splits may not be trained on.',
      );
    }
    const path = join(dir, file);
    if (row.kind === 'speech') {
      const speaker = speakerOf(row.source, file);
      listing.speech.push({
        path,
        source: row.source,
        ...(speaker === undefined ? {} : { speaker }),
      });
    } else if (row.kind === 'noise') {
      listing.noise.push({ path, source: row.source });
    }
  }
  return listing;
}

/** LibriSpeech names its reader in the file name; Kathleen is one reader; the others do not say. */
function speakerOf(source: string, file: string): string | undefined {
  const name = file.slice(file.lastIndexOf(sep) + 1);
  if (source === 'librispeech') return `librispeech-${name.split('-')[0] ?? name}`;
  if (source === 'kathleen') return 'kathleen';
  return undefined;
}
