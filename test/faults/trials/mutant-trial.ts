import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeTemporaryFolder } from '../../../scripts/local/temporary-folder.ts';
import { type Mutant, planted } from '../mutants/mutant.ts';
import { MUTANTS } from '../mutants/mutants.ts';
import type { Share } from './exhaustive.ts';

export interface MutantResult {
  readonly name: string;
  readonly isCaught: boolean;
  /** The first violation or failed test, or why the trial could not run. */
  readonly by: string;
  readonly operations: number;
}

export interface MutantOptions {
  readonly serverUrl: string;
  /** The name of the only bug to plant. */
  readonly only: string | undefined;
  readonly share: Share;
  readonly onResult: (result: MutantResult) => void;
}

/** How many bugs are tried at once. Each trial waits for its database about half of the time. */
const CONCURRENT_BUGS = 2;

/**
 * Plants each bug in its own copy of the project, and runs the fault trials or the tests that must
 * find it there.
 */
export async function tryMutants({
  serverUrl,
  only,
  share,
  onResult,
}: MutantOptions): Promise<readonly MutantResult[]> {
  const chosen = MUTANTS.filter(({ name }, index) =>
    only === undefined ? index % share.of === share.part - 1 : name === only,
  );
  if (chosen.length === 0)
    throw new Error('No planted bug matches --only and --share. The names are in test/faults/mutants.');
  const queue = chosen.values();
  const results: MutantResult[] = [];
  const work = async (): Promise<void> => {
    for (const mutant of queue) {
      const result = await tryMutant(mutant, serverUrl);
      results.push(result);
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_BUGS }, work));
  return results;
}

/** What a copy of the project needs to run the trials and the tests. */
const COPIED = [
  'bin',
  'docs',
  'lambdas',
  'lib',
  'scripts',
  'test',
  '.ci',
  '.dependency-cruiser.json',
  '.npmrc',
  'README.md',
  'cdk.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vitest.config.ts',
];

async function tryMutant({ name, edits, tests }: Mutant, serverUrl: string): Promise<MutantResult> {
  const { path: copy, remove } = await makeTemporaryFolder('mutant');
  try {
    for (const part of COPIED) cpSync(part, join(copy, part), { recursive: true });
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
    for (const change of edits) {
      const path = join(copy, change.file);
      writeFileSync(path, planted(readFileSync(path, 'utf8'), change));
    }
    return { name, ...(await (tests === undefined ? runTrials(copy, serverUrl) : runTests(copy, tests))) };
  } catch (error) {
    return { name, isCaught: false, by: String(error), operations: 0 };
  } finally {
    await remove();
  }
}

/** Ends a trial that hangs. Then the bug counts as not caught. */
const TIMEOUT_MS = 900_000;

type Outcome = Omit<MutantResult, 'name'>;

async function runTrials(copy: string, serverUrl: string): Promise<Outcome> {
  const program = ['test/faults/main.ts', '--hunt', '--stop-at-first'];
  const { code, output } = await runNode(program, copy, { FAULTS_SERVER_URL: serverUrl });
  const lines = output.trim().split('\n');
  const violation = lines.find((line) => line.startsWith('  ')) ?? lines.at(-1) ?? '';
  // Exit code 1 with a summary means that a violation was found. Anything else means that the code
  // with the bug does not run.
  const isCaught = code === 1 && /"violations":[1-9]/.test(lines.at(-1) ?? '');
  const operations = Number(/"operations":(\d+)/.exec(lines.at(-1) ?? '')?.[1] ?? 0);
  return { isCaught, by: violation.trim().slice(0, 160), operations };
}

interface TestReport {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** A bug is caught when a test fails. A test file that cannot be loaded does not count. */
async function runTests(copy: string, tests: readonly string[]): Promise<Outcome> {
  const report = join(copy, 'report.json');
  const { code, output } = await runNode(
    // One failed test is enough. The others could wait until their limit for what the bug prevents.
    ['node_modules/vitest/vitest.mjs', 'run', ...tests, '--bail=1', '--reporter=json', `--outputFile=${report}`],
    copy,
    {},
  );
  if (!existsSync(report)) return { isCaught: false, by: output.trim().slice(-160), operations: 0 };
  const { numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as TestReport;
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed');
  return {
    isCaught: code === 1 && failed !== undefined,
    by: failed?.fullName.slice(0, 160) ?? 'no test failed',
    operations: numTotalTests,
  };
}

function runNode(
  program: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, program, {
      cwd,
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
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
