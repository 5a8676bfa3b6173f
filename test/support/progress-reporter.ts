import type { Reporter, TestModule, TestSpecification } from 'vitest/node';

/** Says what the run is doing where no terminal shows it: vitest tells of a file only when all of it is done. */
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
