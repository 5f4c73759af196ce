import { defineConfig } from 'vitest/config';

const REAL = 'tests/**/*.real.test.ts';

/**
 * unit: pure or in-process, in `npm run check`. real: the real llama-server, real processes, a real Docker Engine. e2e: a real Chromium
 * against the whole program.
 */
export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/src-*/**/*.test.{ts,tsx}', 'tests/tools/**/*.test.ts'],
          exclude: [REAL],
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: [REAL],
          globalSetup: ['tests/tools/engine-setup.ts', 'tests/tools/docker-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts', 'tests/desktop/**/*.test.ts'],
          globalSetup: ['tests/tools/engine-setup.ts', 'tests/tools/docker-setup.ts', 'tests/tools/build-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
    // Two cores: more workers only fight over them.
    maxWorkers: 2,
  },
});
