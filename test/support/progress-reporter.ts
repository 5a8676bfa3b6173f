import type { Reporter, TestModule, TestSpecification } from 'vitest/node';

/**
 * Prints each test file when it starts, for logs without a terminal. The default reporter prints a
 * file only when it has ended.
 */
export default class ProgressReporter implements Reporter {
  #files = 0;
  #started = 0;

  onInit(): void {
    process.stdout.write('Starting: PostgreSQL for the integration tests, and a synthesis of every environment.\n');
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#files = specifications.length;
    process.stdout.write(`Running ${this.#files} test files.\n`);
  }

  onTestModuleStart({ relativeModuleId }: TestModule): void {
    this.#started += 1;
    process.stdout.write(`  ${this.#started} of ${this.#files}: ${relativeModuleId} ...\n`);
  }
}
