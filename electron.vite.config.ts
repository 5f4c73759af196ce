import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

/** Main, preload and window, into `out/`. The renderer's base is relative, so that app:// and http:// serve one build. */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      rollupOptions: {
        input: {
          index: 'src-main/shell/index.ts',
          headless: 'src-main/headless.ts',
          'inspect-worker': 'src-main/core/adapters/inspector/inspect-worker.ts',
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
      rollupOptions: { input: { index: 'src-renderer/index.html' } },
      // Fonts stay files: the content security policy allows them from 'self', not as data.
      assetsInlineLimit: 0,
      // The code highlighter's grammars are chunks of their own and load on first use.
      chunkSizeWarningLimit: 1200,
    },
    plugins: [react(), tailwindcss()],
  },
});
