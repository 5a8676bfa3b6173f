import type { TestProject } from 'vitest/node';
import { type Surroundings, startSurroundings } from '../../scripts/emulator/start-dependencies.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    surroundings: Omit<Surroundings, 'stop'>;
  }
}

/** All that the deployment stands in, for the whole suite. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stop, ...surroundings } = await startSurroundings((line) => process.stdout.write(`${line}\n`));
  project.provide('surroundings', surroundings);
  return stop;
}
