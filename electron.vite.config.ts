import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { SCRIPTS } from './src-main/programs/programPath.ts';

const root = import.meta.dirname;

/** Everything that runs on Node, by built name. Threads and child programs are started by path, so each is an entry with a fixed name. */
const nodeEntries: Record<string, string> = {
  electron: 'hosts/electron/main.ts',
  cli: 'hosts/cli/main.ts',
  ...SCRIPTS,
};

export default defineConfig({
  main: {
    build: {
      outDir: resolve(root, 'out/main'),
      sourcemap: true,
      target: 'node24',
      // node-av stays outside although it is a development dependency: it must never be inside an installer (its binary is GPL).
      externalizeDeps: { include: ['node-av'] },
      rolldownOptions: {
        input: Object.fromEntries(Object.entries(nodeEntries).map(([name, file]) => [name, resolve(root, 'src-main', file)])),
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          // Chunks lie beside the entries: import.meta.url of either names the folder in which programPath.ts looks.
          chunkFileNames: 'chunk-[name]-[hash].js',
        },
      },
    },
  },
  preload: {
    build: {
      outDir: resolve(root, 'out/preload'),
      sourcemap: true,
      // A sandboxed preload can require nothing but `electron`, and it cannot be an ES module.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: resolve(root, 'src-main/hosts/electron/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(root, 'src-renderer'),
    plugins: [react()],
    build: {
      outDir: resolve(root, 'out/renderer'),
      sourcemap: true,
      minify: true,
      target: 'es2024',
      // The content security policy allows fonts and media from our own origin only, not from data: addresses.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2_000,
      rolldownOptions: { input: resolve(root, 'src-renderer/index.html') },
    },
  },
});
