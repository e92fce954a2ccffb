import { defineConfig } from 'vitest/config';
import { SkipReporter } from './test/skip-reporter.ts';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}', 'training/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'out/**', 'training/runs/**', '.tmp/**'],
    // Generous: a training run may be using every core while the tests run.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // The same backend everywhere, whether or not a machine has a native one.
    env: { RESIDUA_TF_BACKEND: process.env['RESIDUA_TF_BACKEND'] ?? 'wasm' },
    // Worker processes, not threads: native addons (onnxruntime) and process-wide state stay apart.
    pool: 'forks',
    // 'default' ends with the counts of files, tests and skips, and names what failed.
    reporters: ['default', new SkipReporter()],
  },
});
