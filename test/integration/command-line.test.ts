import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** An address where nothing listens. */
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

/** Runs a script in an empty folder, which any file that it writes by its name would fall into. */
function run(script: string, args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Promise((done) => {
    const options = { cwd: folder, env: { ...process.env, VITEST: '', TMPDIR: folder, ...environment } };
    execFile(process.execPath, [resolve(script), ...args], options, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
/** Those that are this project's own programs; a check of the sources is no program. */
const PROGRAMS = Object.entries(scripts).flatMap(([name, command]) => {
  const script = /^node (?:scripts\/locked-node\.mjs )?((?:scripts|test)\/\S+\.ts)$/.exec(command)?.[1];
  return script === undefined ? [] : [[name, script] as const];
});

describe.each(PROGRAMS)('npm run %s', (name, script) => {
  test('--help prints the usage, exits with 0 and does nothing else', async () => {
    const { code, out, err } = await run(script, ['--help']);
    expect(out).toMatch(name === 'start' ? /^npm start/ : new RegExp(`^npm run ${name}`));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readdirSync(folder)).toEqual([]);
  });

  // Options that test:busy does not know are vitest's.
  test.skipIf(name === 'test:busy')('an option that does not exist exits with 2 and is not ignored', async () => {
    const { code, out, err } = await run(script, ['--nonsense']);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/option/);
    expect(err).not.toMatch(/\n\s+at /);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('there are programs to try', () => {
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
    'an option that npm keeps for itself',
    'scripts/local/start.ts',
    [],
    { npm_config_fence_first: 'true' },
    2,
    /write -- before the options/,
  ],
  [
    'a number that is none',
    'scripts/local/demo/demo.ts',
    [],
    { DEMO_CARDS: 'abc' },
    2,
    /DEMO_CARDS must be a whole number/,
  ],
  ['a probe of nothing', 'scripts/cli/probe/main.ts', [], {}, 2, /--url URL is missing/],
  [
    'a probe of a dead address',
    'scripts/cli/probe/main.ts',
    ['--url', DEAD],
    {},
    2,
    /TOME could not be reached: ECONNREFUSED/,
  ],
  [
    'a load whose results cannot be written',
    'scripts/performance/load/main.ts',
    ['--out', 'missing/results.json'],
    {},
    2,
    /there is no folder missing/,
  ],
  [
    'a load on a dead address',
    'scripts/performance/load/main.ts',
    ['--url', DEAD, '--at-once', '10'],
    {},
    1,
    /100\.0% of the requests failed; --max-errors allows 1\.0%/,
  ],
  ['a bench of no part', 'scripts/performance/bench/main.ts', ['--only', 'nothing'], {}, 2, /--only must name a part/],
  ['a trial with a wrong number', 'test/faults/main.ts', ['--storm', 'many'], {}, 2, /--storm must be a whole number/],
  ['a check of no database', 'test/faults/checker/main.ts', [], {}, 2, /--database URL is missing/],
  ['costs of no environment', 'scripts/performance/capacity/main.ts', ['--env', 'mars'], {}, 2, /--env must be one of/],
];

test.each(MISTAKES)(
  '%s is said in words, without a stack',
  async (_what, script, args, environment, expected, says) => {
    const { code, err } = await run(script, args, environment);
    expect(err).toMatch(says);
    expect(err).not.toMatch(/\n\s+at /);
    expect(code).toBe(expected);
  },
);

test('a load that got no answer does not claim that no reference was lost, and succeeds where failures are allowed', async () => {
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
