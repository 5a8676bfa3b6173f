import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DOMAIN_MUTANTS } from './mutants/domain-mutants.ts';
import type { Mutant } from './mutants/mutant.ts';
import { POOL_MUTANTS } from './mutants/pool-mutants.ts';

export interface MutantResult {
  readonly name: string;
  readonly isCaught: boolean;
  /** The first violation, in words. */
  readonly by: string;
}

/** Plants one bug after another into a copy of the project and hunts it with the same trials that the project has to pass. */
export async function tryMutants(
  serverUrl: string,
  only: string | undefined,
  onResult: (result: MutantResult) => void,
): Promise<readonly MutantResult[]> {
  const results: MutantResult[] = [];
  for (const mutant of [...POOL_MUTANTS, ...DOMAIN_MUTANTS].filter(({ name }) => only === undefined || name === only)) {
    const result = await tryMutant(mutant, serverUrl);
    results.push(result);
    onResult(result);
  }
  return results;
}

async function tryMutant(mutant: Mutant, serverUrl: string): Promise<MutantResult> {
  const copy = mkdtempSync(join(tmpdir(), 'mutant-'));
  try {
    for (const name of ['lambdas', 'scripts', 'package.json']) cpSync(name, join(copy, name), { recursive: true });
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
    for (const { file, find, replace } of mutant.edits) {
      const path = join(copy, file);
      const text = readFileSync(path, 'utf8');
      if (text.split(find).length !== 2)
        throw new Error(`${mutant.name}: "${find}" is not in exactly one place of ${file}`);
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
    }
    const { code, output } = await hunt(copy, serverUrl);
    const violation =
      output.split('\n').find((line) => line.startsWith('  ')) ?? output.trim().split('\n').at(-1) ?? '';
    // Exit code 1 with a summary is a violation found; anything else is a mutant that does not even run.
    const isCaught = code === 1 && /"violations":[1-9]/.test(output);
    return { name: mutant.name, isCaught, by: violation.trim().slice(0, 160) };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** The longest a hunt may take; a bug that makes the product hang counts as not caught. */
const HUNT_TIMEOUT_MS = 240_000;

function hunt(copy: string, serverUrl: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['scripts/faults/main.ts', '--hunt', '--stop-at-first'], {
      cwd: copy,
      env: { ...process.env, FAULTS_SERVER_URL: serverUrl },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: HUNT_TIMEOUT_MS,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk);
      });
    }
    child.on('exit', (code) => resolve({ code, output }));
  });
}
