import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { BIN, TINY_MODELS } from '../cli/run-cli.ts';
import { until } from './processes.ts';

// util-linux's `script` makes a terminal; that of macOS has other options.
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
  'util-linux',
);

describe.skipIf(!hasScript)('residua live on a terminal [needs script of util-linux]', () => {
  it('keeps one line up to date, obeys keys, and gives the terminal back', async () => {
    const live = [process.execPath, BIN, 'live', '--models', TINY_MODELS, '--backend', 'fake'];
    // `stty -a` afterwards tells how the terminal was left.
    const line = `stty cols 120; ${live.join(' ')} --provider cpu; echo "exit $?"; stty -a`;
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let screen = '';
    child.stdout.on('data', (data: Buffer) => (screen += data.toString()));
    const shows = (text: string | RegExp) =>
      until(`"${text}" on the screen`, () => screen.split('●').at(-1)!.match(text));
    const press = (keys: string) => child.stdin.write(keys);
    await shows(/rvq×3 1\.2 kbps/);
    press('[');
    await shows(/rvq×2 0\.8 kbps/);
    press('1');
    await shows(/none \(no bits\)/);
    press('b');
    await shows('BYPASS');
    press('bm');
    await shows('MUTED');
    press('?');
    await until('help', () => screen.includes('keys: 1 none, 2 rvq'));
    const closed = new Promise((resolve) => child.once('close', resolve));
    press('q');
    await closed;
    expect(screen).toMatch(/exit 0\r?\n/);
    const left = screen.slice(screen.indexOf('exit 0'));
    expect(left).toMatch(/[^-]icanon/);
    expect(left).toMatch(/[^-]echo /);
    // One line, written over again and again.
    expect(screen.split('\n').length).toBeLessThan(25);
  });
});
