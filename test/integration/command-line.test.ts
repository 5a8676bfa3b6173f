import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** An address on which no process listens. */
const DEAD = 'http://127.0.0.1:1';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'command-line-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a script in an empty folder. A file that it writes by a relative path appears there. */
function run(script: string, args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Promise((done) => {
    const options = { cwd: folder, env: { ...process.env, VITEST: '', TMPDIR: folder, ...environment } };
    execFile(process.execPath, [resolve(script), ...args], options, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
/** The npm scripts that start a TypeScript program of `scripts/` or `test/`, checks excluded. */
const PROGRAMS = Object.entries(scripts).flatMap(([name, command]) => {
  const script = /^node (?:scripts\/locked-node\.mjs )?((?:scripts|test)\/\S+\.ts)$/.exec(command)?.[1];
  return script === undefined ? [] : [[name, script] as const];
});

describe.each(PROGRAMS)('npm run %s', (name, script) => {
  test('--help prints the usage, writes no file and exits with 0', async () => {
    const { code, out, err } = await run(script, ['--help']);
    expect(out).toMatch(name === 'start' ? /^npm start/ : new RegExp(`^npm run ${name}`));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readdirSync(folder)).toEqual([]);
  });

  // test:busy passes options that it does not know to vitest.
  test.skipIf(name === 'test:busy')('an unknown option is reported and the program exits with 2', async () => {
    const { code, out, err } = await run(script, ['--nonsense']);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/option/);
    expect(err).not.toMatch(/\n\s+at /);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('the search in package.json finds the programs', () => {
  expect(PROGRAMS.length).toBeGreaterThanOrEqual(13);
});

const MISTAKES: readonly (readonly [
  what: string,
  script: string,
  args: readonly string[],
  environment: Record<string, string>,
  code: number,
  says: RegExp,
])[] = [
  ['a misspelt option', 'scripts/local/start.ts', ['--fence-frist'], {}, 2, /Did you mean --fence-first\?/],
  [
    'a misspelt setting',
    'scripts/local/start.ts',
    [],
    { POOL_TARGETMIN: '3' },
    1,
    /POOL_TARGETMIN is not a setting\. Did you mean POOL_TARGET_MIN\?/,
  ],
  [
    'the secret of a credential, which the local stack makes up',
    'scripts/local/start.ts',
    [],
    { TOME_PROFILE: 'uat', TOME_CREDENTIAL_SECRET_ID: 'card/tome' },
    1,
    /TOME_CREDENTIAL_SECRET_ID must not be set: local programs make their own credential/,
  ],
  [
    'an option that npm took because -- is missing',
    'scripts/local/start.ts',
    [],
    { npm_config_fence_first: 'true' },
    2,
    /write -- before the options/,
  ],
  [
    'a number with letters',
    'scripts/local/demo/demo.ts',
    [],
    { DEMO_CARDS: 'abc' },
    2,
    /DEMO_CARDS must be a whole number/,
  ],
  ['a probe without a URL', 'scripts/cli/probe/main.ts', [], {}, 2, /--url URL is missing/],
  [
    'a probe of an address without a server',
    'scripts/cli/probe/main.ts',
    ['--url', DEAD],
    {},
    2,
    /TOME could not be reached: ECONNREFUSED/,
  ],
  ['a conformance run without a profile', 'scripts/cli/conformance/main.ts', [], {}, 2, /--profile P is missing/],
  [
    'a conformance run against production',
    'scripts/cli/conformance/main.ts',
    ['--profile', 'uat', '--env', 'prod'],
    {},
    2,
    /tome\.prod\.bank\.example is production/,
  ],
  [
    'a conformance run against an address without a server',
    'scripts/cli/conformance/main.ts',
    ['--profile', 'simulator', '--url', DEAD],
    {},
    2,
    /TOME could not be reached: ECONNREFUSED/,
  ],
  [
    'a load test with a result file in a folder that does not exist',
    'scripts/performance/load/main.ts',
    ['--out', 'missing/results.json'],
    {},
    2,
    /there is no folder missing/,
  ],
  [
    'a load test of an address without a server',
    'scripts/performance/load/main.ts',
    ['--url', DEAD, '--at-once', '10'],
    {},
    1,
    /100\.0% of the requests failed; --max-errors allows 1\.0%/,
  ],
  [
    'a benchmark of an unknown part',
    'scripts/performance/bench/main.ts',
    ['--only', 'nothing'],
    {},
    2,
    /--only must name a part/,
  ],
  [
    'a fault trial with an invalid number',
    'test/faults/main.ts',
    ['--storm', 'many'],
    {},
    2,
    /--storm must be a whole number/,
  ],
  ['a check without a database', 'test/faults/checker/main.ts', [], {}, 2, /--database URL is missing/],
  [
    'costs of an unknown environment',
    'scripts/performance/capacity/main.ts',
    ['--env', 'mars'],
    {},
    2,
    /--env must be one of/,
  ],
];

test.each(MISTAKES)(
  '%s is reported in a sentence without a stack trace',
  async (_what, script, args, environment, expected, says) => {
    const { code, err } = await run(script, args, environment);
    expect(err).toMatch(says);
    expect(err).not.toMatch(/\n\s+at /);
    expect(code).toBe(expected);
  },
);

test('a load test without any answer does not claim that no reference was lost, and exits with 0 if allowed', async () => {
  const { code, out } = await run('scripts/performance/load/main.ts', [
    '--url',
    DEAD,
    '--at-once',
    '10',
    '--max-errors',
    '1',
  ]);
  expect(out).not.toContain('none lost');
  expect(out).toContain('no reference could be checked');
  expect(code).toBe(0);
});
