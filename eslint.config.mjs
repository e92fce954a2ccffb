import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import residua from './eslint/layers-rule.mjs';

export default tseslint.config(
  {
    ignores: [
      'out/',
      'dist/',
      'coverage/',
      'demo-out/',
      '.tmp/',
      'training/runs/',
      'training/cache/',
      'training/checkpoints/',
    ],
  },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { residua },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'residua/layers': 'error',
      // The type-aware rules that find real bugs in asynchronous code, and cost little.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    // Device processes: plain JavaScript inside src, under the same dependency rule.
    files: ['src/**/*.mjs'],
    plugins: { residua },
    rules: { 'residua/layers': 'error' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        require: 'readonly',
        module: 'writable',
        exports: 'writable',
      },
    },
  },
);
