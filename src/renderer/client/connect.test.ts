import { describe, expect, it, vi } from 'vitest';
import { socketAddress, takeToken } from './connect.ts';

const token = 'T'.repeat(43);

describe('takeToken', () => {
  const page = (href: string) => {
    const kept = new Map<string, string>();
    const history = { replaceState: vi.fn() };
    const memory = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    return { history, kept, memory, take: (at = href) => takeToken({ href: at }, history, memory) };
  };

  it('takes it out of the address bar and keeps it for a reload', () => {
    const { history, take } = page(`http://127.0.0.1:4000/#token=${token}`);
    expect(take()).toBe(token);
    const [, , shown] = history.replaceState.mock.calls[0]!;
    expect(String(shown)).not.toContain(token);
    expect(take('http://127.0.0.1:4000/#/compare')).toBe(token);
    expect(history.replaceState).toHaveBeenCalledTimes(1);
  });

  it('prefers a new one to the one it remembers', () => {
    const { take } = page(`http://127.0.0.1:4000/#token=${token}`);
    take();
    expect(take('http://127.0.0.1:4000/#token=new')).toBe('new');
  });

  it('has none on a page that was opened without', () => {
    expect(page('http://127.0.0.1:4000/').take()).toBeNull();
  });
});

describe('socketAddress', () => {
  it('is on the server of the page, with the token', () => {
    expect(socketAddress('http://127.0.0.1:4000/#/live', 'a&b')).toBe(
      'ws://127.0.0.1:4000/socket?token=a%26b',
    );
    expect(socketAddress('https://example.org/x', null)).toBe('wss://example.org/socket');
  });
});
