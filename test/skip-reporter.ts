import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Names every skipped test after the run. In CI, with the shared recordings in place, a skip is a
 * failure: a test that passes because what it needs was missing proves nothing. A test that cannot run
 * everywhere says why in its name, in brackets: `[needs a GPU]`, `[not as root]`; such a skip is
 * named, and allowed, unless RESIDUA_HAS (names parted by commas, set by .ci/run) says that all it needs is
 * there.
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
    if (hasRecordings()) present.push('the shared recordings');
    const unfounded = skipped.filter((name) => {
      const needs = [...name.matchAll(/\[needs ([^\]]+)\]/g)].map(([, thing]) => thing!);
      return needs.length > 0 && needs.every((thing) => present.includes(thing));
    });
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

const skipsAreFailures = (): boolean => Boolean(process.env['CI']) && hasRecordings();

function hasRecordings(): boolean {
  const audio =
    process.env['RESIDUA_AUDIO'] ?? path.resolve(import.meta.dirname, '../../shared/audio');
  return existsSync(path.join(audio, 'test'));
}
