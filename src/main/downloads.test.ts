import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { saveOwnFilesOnly } from './downloads.ts';

function download(address: string, name = 'results.csv') {
  const session = new EventEmitter();
  saveOwnFilesOnly(session as never, '/home/me/Downloads');
  const event = { preventDefault: vi.fn() };
  const item = {
    getURL: () => address,
    getFilename: () => name,
    setSaveDialogOptions: vi.fn(),
  };
  session.emit('will-download', event, item);
  return { isPrevented: event.preventDefault.mock.calls.length > 0, item };
}

describe('saveOwnFilesOnly', () => {
  it('asks where to save what the page has made', () => {
    const { isPrevented, item } = download('blob:residua://app/0d5c');
    expect(isPrevented).toBe(false);
    expect(item.setSaveDialogOptions).toHaveBeenCalledExactlyOnceWith({
      defaultPath: '/home/me/Downloads/results.csv',
    });
  });

  it('takes a name for a name, not for a path', () => {
    const { item } = download('blob:residua://app/0d5c', '../../.bashrc');
    expect(item.setSaveDialogOptions).toHaveBeenCalledWith({
      defaultPath: '/home/me/Downloads/.._.._.bashrc',
    });
  });

  it.each([
    'https://example.org/x.exe',
    'residua://app/index.html',
    'blob:https://example.org/0d5c',
    'blob:null/0d5c',
    'data:text/plain,x',
    'file:///etc/passwd',
    '',
  ])('refuses %s', (address) => {
    expect(download(address).isPrevented).toBe(true);
  });
});
