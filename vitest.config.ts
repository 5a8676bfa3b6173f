import { defineConfig } from 'vitest/config';

// No test measures speed, so these limits only end what hangs: on a busy machine a test may take ten times as long as here.
const shared = {
  environment: 'node',
  pool: 'forks',
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 240_000, interval: 20 } },
} as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: process.stdout.isTTY ? ['default'] : ['default', './test/support/progress-reporter.ts'],
    projects: [
      { test: { ...shared, name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/postgres-server.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'infrastructure',
          include: ['test/infrastructure/**/*.test.ts'],
          globalSetup: ['test/infrastructure/all-environments.ts'],
          // After the others, because a synthesis takes all of a processor.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
