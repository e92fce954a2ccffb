import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Names every skipped test after the run. In CI, with the shared recordings in place, a skip is a
 * failure: a test that passes because what it needs was missing proves nothing. A test that cannot run
 * everywhere says why in its name, in brackets: `[needs a GPU]`, `[not as root]`; such a skip is
 * named, and allowed, unless RESIDUA_HAS (names parted by commas, set by .ci/run) says that what it
 * needs is there.
 */
export class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].map(
        (test) => `${module.relativeModuleId} > ${test.fullName}`,
      ),
    );
    if (skipped.length === 0) return;
    console.log(`Skipped:\n${skipped.map((name) => `  ${name}`).join('\n')}`);
    const present = (process.env['RESIDUA_HAS'] ?? '').split(',').filter((name) => name !== '');
    const unfounded = skipped.filter((name) =>
      present.some((thing) => name.includes(`[needs ${thing}]`)),
    );
    if (unfounded.length > 0) {
      console.error(
        `${unfounded.length} skipped although this machine has ${present.join(', ')}: that fails.`,
      );
      process.exitCode = 1;
    }
    const unexplained = skipped.filter((name) => !/\[(needs|not) [^\]]+\]/.test(name));
    if (unexplained.length > 0 && skipsAreFailures()) {
      console.error(
        `${unexplained.length} skipped without a reason in brackets: that fails in CI.`,
      );
      process.exitCode = 1;
    }
  }
}

function skipsAreFailures(): boolean {
  const audio =
    process.env['RESIDUA_AUDIO'] ?? path.resolve(import.meta.dirname, '../../shared/audio');
  return Boolean(process.env['CI']) && existsSync(path.join(audio, 'test'));
}
