import { defineConfig } from 'vitest/config';
import { SkipReporter } from './test/skip-reporter.ts';

/** Tests in real time, with a sound server or processes of their own: they want the machine to themselves. */
const REAL_TIME = [
  'test/live/**/*.test.ts',
  'test/e2e/**/*.test.ts',
  'test/electron/**/*.test.ts',
  'test/app/**/*.test.ts',
  'src/audio/backends/{portaudio,decibri}/**/*.test.ts',
  'src/audio/virtual-mic/**/*.test.ts',
  'src/renderer/listen/range-player.test.ts',
];
const EVERYTHING = ['src/**/*.test.{ts,tsx}', 'training/**/*.test.ts', 'test/**/*.test.ts'];
const EXCLUDED = ['**/node_modules/**', 'out/**', 'training/runs/**', '.tmp/**'];

export default defineConfig({
  test: {
    environment: 'node',
    projects: [
      {
        extends: true,
        test: { name: 'computed', include: EVERYTHING, exclude: [...EXCLUDED, ...REAL_TIME] },
      },
      {
        extends: true,
        test: {
          name: 'real time',
          include: REAL_TIME,
          exclude: EXCLUDED,
          fileParallelism: false,
          sequence: { groupOrder: 1 }, // when all others are done
        },
      },
    ],
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
