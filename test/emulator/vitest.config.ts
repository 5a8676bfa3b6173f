import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * The suite of `npm run test:emulator`. Each test builds on the one before, so it stops at a
 * failure.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    name: 'emulator',
    environment: 'node',
    // Threads, not processes, so that an interrupt stops everything.
    pool: 'threads',
    include: ['test/emulator/**/*.test.ts'],
    globalSetup: ['test/emulator/emulator-dependencies.ts'],
    bail: 1,
    testTimeout: 180_000,
    hookTimeout: 420_000,
  },
});
