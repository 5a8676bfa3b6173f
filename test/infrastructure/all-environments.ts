import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesizeEnvironment } from './synthesize-environment.ts';
import { ENVIRONMENT_NAMES } from './synthesized-environment.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder with one file of resources for each environment. */
    synthesizedEnvironments: string;
  }
}

/** Synthesizes every environment once. Tests that only read templates share the result. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'synthesized-'));
  for (const name of ENVIRONMENT_NAMES) {
    writeFileSync(
      join(folder, `${name}.json`),
      JSON.stringify(synthesizeEnvironment(name, { isChecked: false }).resources),
    );
  }
  project.provide('synthesizedEnvironments', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
