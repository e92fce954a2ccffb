import path from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { forbiddenReason } from '../eslint/layers-rule.mjs';

const root = path.resolve(import.meta.dirname, '..');

/** Lints text as if it stood in `file`, with the project's own configuration. */
async function messagesFor(file: string, code: string): Promise<string[]> {
  const eslint = new ESLint({
    cwd: root,
    // The text stands in no project, and the dependency rule needs no types.
    overrideConfig: {
      languageOptions: { parserOptions: { projectService: false, project: null } },
      rules: {
        '@typescript-eslint/no-floating-promises': 'off',
        '@typescript-eslint/no-misused-promises': 'off',
        '@typescript-eslint/await-thenable': 'off',
        '@typescript-eslint/switch-exhaustiveness-check': 'off',
        '@typescript-eslint/only-throw-error': 'off',
      },
    },
  });
  const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
  return result!.messages
    .filter((message) => message.ruleId === 'residua/layers')
    .map((message) => message.message);
}

describe('the dependency rule, through the configuration that `npm run lint` uses', () => {
  it('reports a layer that imports from above, in every form an import can take', async () => {
    const forms = [
      `import { a } from '../engine/session.ts'; a();`,
      `import type { A } from '../engine/session.ts'; export const a = {} as A;`,
      `export * from '../engine/session.ts';`,
      `export { a } from '../engine/session.ts';`,
      `export const a = () => import('../engine/session.ts');`,
      `export type A = import('../engine/session.ts').A;`,
    ];
    for (const form of forms) {
      const messages = await messagesFor('src/codec/example.ts', form);
      expect(messages, form).toEqual([
        'src/codec may not import src/engine (allowed: src/common, src/inference)',
      ]);
    }
  });

  it('reports native packages outside their adapter, also when loaded with require', async () => {
    const code = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      export const audio = require('naudiodon');
      export const ort = await import('onnxruntime-node');`;
    const messages = await messagesFor('src/engine/example.ts', code);
    expect(messages).toHaveLength(2);
    expect(messages[0]).toContain("'naudiodon' (allowed in: src/audio/backends/portaudio)");
    expect(messages[1]).toContain("'onnxruntime-node' (allowed in: src/inference/onnxruntime)");
  });

  it('accepts what the rule allows', async () => {
    const code = `import { ResiduaError } from '../common/errors.ts';
      import type { Model } from '../inference/port.ts';
      export const a = [ResiduaError, {} as Model];`;
    expect(await messagesFor('src/codec/example.ts', code)).toEqual([]);
  });
});

describe('forbiddenReason', () => {
  const forbidden: [string, string][] = [
    ['src/common/a.ts', '../metrics/stoi.ts'],
    ['src/metrics/a.ts', '../audio/wav.ts'],
    ['src/codec/a.ts', '../inference/onnxruntime/adapter.ts'],
    ['src/engine/a.ts', '../inference/onnxruntime/adapter.ts'],
    ['src/engine/a.ts', '../audio/backends/file/backend.ts'],
    ['src/engine/a.ts', '../host/host.ts'],
    ['src/audio/a.ts', '../codec/session.ts'],
    ['src/cli/a.ts', '../main/index.ts'],
    ['src/cli/a.ts', '../../training/model.ts'],
    ['src/renderer/a.tsx', '../engine/session.ts'],
    ['src/preload/index.ts', '../codec/manifest.ts'],
    ['src/codec/a.ts', './session.test.ts'],
    ['src/cli/a.ts', 'electron'],
    ['src/cli/a.ts', 'onnxruntime-node'],
    ['src/renderer/a.tsx', 'electron'],
    ['src/audio/a.ts', 'naudiodon'],
    ['src/metrics/a.ts', '@tensorflow/tfjs'],
    ['src/newcomer/a.ts', '../common/errors.ts'],
  ];
  it.each(forbidden)('%s may not import %s', (file, specifier) => {
    expect(forbiddenReason(file, specifier)).toBeTypeOf('string');
  });

  const allowed: [string, string][] = [
    ['src/cli/a.ts', '../inference/onnxruntime/adapter.ts'],
    ['src/inference/onnxruntime/a.ts', '../port.ts'],
    ['src/inference/onnxruntime/a.ts', 'onnxruntime-node'],
    ['src/main/index.ts', 'electron'],
    ['src/metrics/a.ts', 'node:fs'],
    ['src/codec/a.ts', 'zod'],
    ['src/codec/session.test.ts', '../inference/onnxruntime/adapter.ts'],
    ['training/a.ts', '@tensorflow/tfjs'],
    ['src/cli/a.ts', '../../package.json'],
  ];
  it.each(allowed)('%s may import %s', (file, specifier) => {
    expect(forbiddenReason(file, specifier)).toBeUndefined();
  });

  it('lets the renderer have the types of common, and nothing else of it', () => {
    expect(forbiddenReason('src/renderer/a.tsx', '../common/clock.ts', true)).toBeUndefined();
    expect(forbiddenReason('src/renderer/a.tsx', '../common/clock.ts')).toBe(
      'src/renderer may import only types from src/common',
    );
  });
});
