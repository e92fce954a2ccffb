import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The window's page, the same for the desktop app and for browser mode. */
const root = resolve(import.meta.dirname, 'src/renderer');

export default defineConfig({
  root,
  plugins: [react()],
  build: {
    rolldownOptions: { input: resolve(root, 'index.html') },
    // The content security policy allows no data: scripts, and styles only from files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    minify: true,
  },
});
