import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';
import renderer from './vite.renderer.config.ts';

const sources = resolve(import.meta.dirname, 'src');

/** Main process, and whatever is started as a process or thread by the path of its file. */
const entries = [
  'main/index.ts',
  'host/engine-main.ts',
  'host/codec-worker.ts',
  'app/work/work-main.ts',
];

export default defineConfig({
  main: {
    plugins: [copyUnbundled()],
    build: {
      rolldownOptions: {
        input: entries.map((entry) => join(sources, entry)),
        // Built files lie as their sources do: what starts or reads a file beside itself finds it there.
        output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed preload cannot import: one CommonJS file with everything in it.
      externalizeDeps: false,
      rolldownOptions: {
        input: 'src/preload/index.ts',
        output: { format: 'cjs', entryFileNames: 'index.cjs', codeSplitting: false },
      },
    },
  },
  renderer,
});

/** Device processes are plain JavaScript that is started as it is, with a configuration that ALSA reads. */
function copyUnbundled(): Plugin {
  let out: string;
  return {
    name: 'residua:copy-unbundled',
    configResolved: (config) => void (out = resolve(config.root, config.build.outDir)),
    async closeBundle() {
      const backends = join('audio', 'backends');
      for (const file of await readdir(join(sources, backends), { recursive: true })) {
        if (!/\.(mjs|conf)$/.test(file)) continue;
        const target = join(out, backends, file);
        await mkdir(dirname(target), { recursive: true });
        await copyFile(join(sources, backends, file), target);
      }
    },
  };
}
