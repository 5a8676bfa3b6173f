import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The suite of `npm run test:emulator`. Its tests follow upon each other: the first that fails ends it. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    name: 'emulator',
    environment: 'node',
    // One process, so that an interruption ends all of it.
    pool: 'threads',
    include: ['test/emulator/**/*.test.ts'],
    globalSetup: ['test/emulator/emulator-dependencies.ts'],
    bail: 1,
    testTimeout: 180_000,
    hookTimeout: 420_000,
  },
});
