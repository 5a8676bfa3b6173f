import { defineConfig } from 'vitest/config';

const shared = { environment: 'node', pool: 'forks', testTimeout: 30_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
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
          testTimeout: 120_000,
          // After the others: a synthesis takes all of a processor, and integration tests pace their calls by the clock.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
