/** Which files make up one recording; docs/recordings.md describes them. */

export interface RecordingFiles {
  /** What all names begin with; the recording's id. */
  readonly base: string;
  readonly raw: string | undefined;
  readonly enhanced: string | undefined;
  readonly sidecar: string | undefined;
  /** Code streams, in order. */
  readonly codes: readonly string[];
}

const FILE = /^([\w.-]{1,128}?)\.(?:(raw|enhanced)\.wav|(\d{3,}-[a-z0-9-]+)\.rsd|json)$/;

/** Groups the names of a folder; what belongs to no recording is left out. A lone `.json` may be anything. */
export function groupFiles(names: readonly string[]): RecordingFiles[] {
  const groups = new Map<
    string,
    { raw?: string; enhanced?: string; sidecar?: string; codes: string[] }
  >();
  for (const name of names) {
    const [, base, which, part] = FILE.exec(name) ?? [];
    if (base === undefined) continue;
    let group = groups.get(base);
    if (!group) groups.set(base, (group = { codes: [] }));
    if (which !== undefined) group[which as 'raw' | 'enhanced'] = name;
    else if (part !== undefined) group.codes.push(name);
    else group.sidecar = name;
  }
  return [...groups]
    .filter(([, { raw, enhanced, sidecar }]) => raw ?? enhanced ?? sidecar)
    .map(([base, { raw, enhanced, sidecar, codes }]) => ({
      base,
      raw,
      enhanced,
      sidecar,
      codes: codes.sort(),
    }));
}

export function allFiles({ raw, enhanced, sidecar, codes }: RecordingFiles): string[] {
  return [raw, enhanced, ...codes, sidecar].filter((name) => name !== undefined);
}

const AUTOMATIC = /^residua_(\d{4}-\d{2}-\d{2})_(\d{2})-(\d{2})-(\d{2})_([a-z0-9-]+?)(?:-(\d+))?$/;

/** What the recorder's own name says; `undefined` for one that a person chose. */
export function parseBase(
  base: string,
): { readonly name: string; readonly startedAt: Date; readonly quantizer: string } | undefined {
  const [, day, hours, minutes, seconds, quantizer, number] = AUTOMATIC.exec(base) ?? [];
  if (day === undefined || quantizer === undefined) return undefined;
  const time = `${hours}:${minutes}:${seconds}`;
  const startedAt = new Date(`${day}T${time}`); // local, as the recorder wrote it
  if (Number.isNaN(startedAt.getTime())) return undefined;
  const suffix = number === undefined ? '' : ` (${number})`;
  return { name: `${day} ${time}${suffix}`, startedAt, quantizer };
}

const MAX_BASE = 80;
/** Names that Windows keeps for devices. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** What files of a recording with this name are called; `undefined` when no letter of it can be kept. */
export function baseFor(name: string): string | undefined {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\w.-]+/g, '-')
    .slice(0, MAX_BASE)
    .replaceAll(/^[-.]+|[-.]+$/g, '');
  if (!/[a-z0-9]/i.test(plain)) return undefined;
  return RESERVED.test(plain) ? `${plain}-` : plain;
}

/** For a file that a person saves: the characters that some file system forbids are replaced. */
export function saveName(name: string): string {
  const legal = name.replaceAll(/[\p{Cc}<>:"/\\|?*]+/gu, '-').replaceAll(/^[. ]+|[. ]+$/g, '');
  return legal === '' ? 'recording' : legal;
}
