import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { readFileSync } from 'node:fs';

/** Packages with a binary of their own, or that load their parts by path, stay in node_modules; the rest is bundled. */
const EXTERNAL = new Set([
  '@node-rs/argon2',
  'better-sqlite3',
  'dockerode',
  'koffi',
  'node-llama-cpp',
  'systeminformation',
]);

/** Bundled, they start faster, and a package of the program carries what it uses and no more. */
const bundled = Object.keys(
  (JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }).dependencies,
).filter((name) => !EXTERNAL.has(name));

/** Beside what it was bundled into: the licences of the bundled packages. */
const license = { fileName: 'third-party-licences.md' };

/** Main, preload and window, into `out/`. The renderer's base is relative, so that app:// and http:// serve one build. */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      license,
      externalizeDeps: { exclude: bundled },
      rollupOptions: {
        input: {
          index: 'src-main/shell/index.ts',
          headless: 'src-main/headless.ts',
          'inspect-worker': 'src-main/core/adapters/inspector/inspect-worker.ts',
          'usage-worker': 'src-main/core/adapters/usage-writer/usage-worker.ts',
        },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload is loaded as CommonJS.
      rollupOptions: {
        input: { index: 'src-preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    build: {
      outDir: 'out/renderer',
      license,
      rollupOptions: { input: { index: 'src-renderer/index.html' } },
      // Fonts stay files: the content security policy allows them from 'self', not as data.
      assetsInlineLimit: 0,
      // The code highlighter's grammars are chunks of their own and load on first use.
      chunkSizeWarningLimit: 1200,
    },
    plugins: [react(), tailwindcss()],
  },
});
