import { describe, expect, it } from 'vitest';
import { Desktop } from './desktop.ts';

function desktop(
  platform: NodeJS.Platform,
  env: Record<string, string> = { DISPLAY: ':0' },
  failing: readonly string[] = [],
) {
  const calls: string[][] = [];
  const run = (program: string, args: readonly string[]): Promise<void> => {
    calls.push([program, ...args]);
    return failing.includes(program) ? Promise.reject(new Error('none')) : Promise.resolve();
  };
  return { calls, desktop: new Desktop({ platform, env, run }) };
}

describe('openPage', () => {
  it.each<[NodeJS.Platform, string]>([
    ['linux', 'xdg-open'],
    ['darwin', 'open'],
    ['win32', 'rundll32'],
  ])("opens the person's browser on %s", async (platform, program) => {
    const { desktop: here, calls } = desktop(platform);
    expect(await here.openPage('http://127.0.0.1:1/#token=x')).toBe(true);
    expect(calls).toHaveLength(1);
    expect(calls[0]![0]).toBe(program);
    expect(calls[0]!.at(-1)).toBe('http://127.0.0.1:1/#token=x');
  });

  it.each<[string, NodeJS.Platform, Record<string, string>]>([
    ['without a screen', 'linux', {}],
    ['over SSH', 'darwin', { SSH_CONNECTION: '1' }],
  ])('tries nothing %s', async (_name, platform, env) => {
    const { desktop: here, calls } = desktop(platform, env);
    expect(await here.openPage('x')).toBe(false);
    expect(calls).toEqual([]);
  });

  it('says so when there is no browser, and a program that does not exist is no error', async () => {
    expect(await desktop('linux', { DISPLAY: ':0' }, ['xdg-open']).desktop.openPage('x')).toBe(
      false,
    );
    const missing = new Desktop({ platform: 'linux', env: { DISPLAY: ':0' } });
    const { PATH } = process.env;
    process.env['PATH'] = '/nonexistent';
    try {
      expect(await missing.openPage('x')).toBe(false);
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});

describe('reveal', () => {
  it('shows the file itself, or its folder where the file manager cannot', async () => {
    const first = desktop('linux');
    await first.desktop.reveal("/a b/it's.wav");
    expect(first.calls[0]!.at(-2)).toBe("['file:///a%20b/it%27s.wav']");
    const second = desktop('linux', { DISPLAY: ':0' }, ['gdbus']);
    await second.desktop.reveal('/a b/c.wav');
    expect(second.calls[1]).toEqual(['xdg-open', '/a b']);
  });

  it('says where the file is when nothing opens', async () => {
    const { desktop: here } = desktop('linux', { DISPLAY: ':0' }, ['gdbus', 'xdg-open']);
    await expect(here.reveal('/a/b.wav')).rejects.toMatchObject({
      code: 'REVEAL_FAILED',
      hint: expect.stringContaining('/a/b.wav'),
    });
  });
});
