/** What was dropped or chosen: a file, or the name of something that is none. */
export type Dropped =
  { readonly file: File } | { readonly name: string; readonly obstacle: 'folder' | 'no-file' };

/** @returns everything in a drop, in order */
export function droppedItems(transfer: Pick<DataTransfer, 'items' | 'files'>): Dropped[] {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  if (items.length === 0) return [...transfer.files].map((file) => ({ file }));
  return items.map((item): Dropped => {
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory === true) return { name: entry.name, obstacle: 'folder' };
    const file = item.getAsFile();
    return file === null ? { name: entry?.name ?? '', obstacle: 'no-file' } : { file };
  });
}

/** What file pickers offer; whatever is chosen all the same is told by its contents. */
export const AUDIO_TYPES = 'audio/*,.wav,.flac,.ogg,.oga,.opus,.mp3,.rsd';
