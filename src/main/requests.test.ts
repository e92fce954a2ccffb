import { describe, expect, it, vi } from 'vitest';
import { openReply } from '../ipc/envelope.ts';
import { overviewSchema, type Overview } from '../ipc/messages.ts';
import { answerRequests } from './requests.ts';

const empty: Overview = { appVersion: '0.1.0', models: [], problems: [] };

function setUp() {
  const handled = new Map<string, (event: unknown, ...args: unknown[]) => Promise<unknown>>();
  const overview = vi.fn(() => Promise.resolve(empty));
  answerRequests(
    { handle: (channel: string, handler: never) => void handled.set(channel, handler) },
    { overview },
  );
  const request = async (event: unknown, ...args: unknown[]) =>
    openReply(await handled.get('residua:overview')!(event, ...args), overviewSchema);
  return { overview, request };
}

const own = { senderFrame: { url: 'residua://app/index.html', parent: null } };

describe('answerRequests', () => {
  it("answers the app's own page", async () => {
    const { request } = setUp();
    await expect(request(own)).resolves.toEqual(empty);
  });

  it.each([
    ['a foreign page', { senderFrame: { url: 'https://example.org/', parent: null } }],
    ['an embedded frame', { senderFrame: { url: 'residua://app/index.html', parent: {} } }],
    ['a frame that is gone', { senderFrame: null }],
  ])('refuses %s before doing any work', async (_name, event) => {
    const { request, overview } = setUp();
    await expect(request(event)).rejects.toMatchObject({ code: 'IPC_SENDER' });
    expect(overview).not.toHaveBeenCalled();
  });

  it('refuses arguments the contract does not have', async () => {
    const { request, overview } = setUp();
    await expect(request(own, { path: '/etc' })).rejects.toMatchObject({ code: 'IPC_INVALID' });
    expect(overview).not.toHaveBeenCalled();
  });

  it('passes on why the work failed', async () => {
    const { request, overview } = setUp();
    overview.mockRejectedValueOnce(new Error('disk'));
    await expect(request(own)).rejects.toMatchObject({ code: 'INTERNAL', message: 'disk' });
  });
});
