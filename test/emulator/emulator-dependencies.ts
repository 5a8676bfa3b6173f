import type { TestProject } from 'vitest/node';
import { type EmulatorDependencies, startEmulatorDependencies } from '../../scripts/emulator/start-dependencies.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    emulatorDependencies: Omit<EmulatorDependencies, 'stop'>;
  }
}

/** Starts what the deployment needs, once for the whole suite. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stop, ...emulatorDependencies } = await startEmulatorDependencies((line) =>
    process.stdout.write(`${line}\n`),
  );
  project.provide('emulatorDependencies', emulatorDependencies);
  return stop;
}
