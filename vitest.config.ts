import { defineConfig } from 'vitest/config';

// No test measures speed, so these limits only end tests that hang. On a busy machine a test may
// take ten times as long as usual.
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
          // After the other projects, because a synthesis uses a whole processor.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
