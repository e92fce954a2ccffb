import type { Session } from 'electron';
import { isOwnPage } from './security.ts';

/**
 * Files that the page has made (exports) may be saved where the person says; nothing is ever fetched from elsewhere.
 * @param folder where the dialog starts
 */
export function saveOwnFilesOnly(
  session: Pick<Session, 'on'>,
  folder: string,
  devServerUrl?: string,
): void {
  session.on('will-download', (event, item) => {
    if (!isOwnBlob(item.getURL(), devServerUrl)) return event.preventDefault();
    item.setSaveDialogOptions({ defaultPath: `${folder}/${safeName(item.getFilename())}` });
  });
}

function isOwnBlob(address: string, devServerUrl?: string): boolean {
  // `blob:residua://app/…`: the origin of the page that made it comes after the scheme.
  return address.startsWith('blob:') && isOwnPage(address.slice('blob:'.length), devServerUrl);
}

const safeName = (name: string): string => name.replaceAll(/[/\\]/g, '_') || 'residua';
