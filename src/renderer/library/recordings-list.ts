import type { Recording } from '../../ipc/app/library.ts';

export const RECORDING_SORTS = ['newest', 'oldest', 'name', 'longest', 'largest'] as const;
export type RecordingSort = (typeof RECORDING_SORTS)[number];

const COMPARE: Record<RecordingSort, (a: Recording, b: Recording) => number> = {
  newest: (a, b) => b.startedAt.localeCompare(a.startedAt),
  oldest: (a, b) => a.startedAt.localeCompare(b.startedAt),
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  longest: (a, b) => b.seconds - a.seconds,
  largest: (a, b) => b.bytes - a.bytes,
};

/**
 * @param query every word of it must be in the name or be a quantizer, in whatever case
 * @param hidden ids that are on their way to the trash
 * @returns what is shown: the one being recorded first, then by `sort`; equal ones by age
 */
export function listRecordings(
  recordings: readonly Recording[],
  query: string,
  sort: RecordingSort,
  hidden: ReadonlySet<string>,
): Recording[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const matches = ({ name, quantizers }: Recording): boolean => {
    const text = [name, ...quantizers.map(({ id }) => id)].join(' ').toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  };
  return recordings
    .filter((recording) => !hidden.has(recording.id) && matches(recording))
    .sort(
      (a, b) =>
        Number(b.isRecording) - Number(a.isRecording) ||
        COMPARE[sort](a, b) ||
        COMPARE.newest(a, b) ||
        a.id.localeCompare(b.id),
    );
}
