import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atEnd } from '../../scripts/program/endings.ts';
import { beginProgram, endProgram } from '../../scripts/program/run-program.ts';
import { BusyLoops } from './busy-loops.ts';
import { InvalidBusyOption, parseBusyOptions } from './busy-options.ts';

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const USAGE = `npm run test:busy -- [--times N] [--loops N] [arguments of vitest]

Runs the tests beside busy loops. No test may depend on speed, so this passes where npm test does.

  --times N   how often (1)
  --loops N   busy loops beside them (twice as many as there are processors)
  --help      this text
`;

/** `npm run test:busy`. The loops end with it, however it ends. */
async function main({ times, loops, vitest }: ReturnType<typeof parseBusyOptions>): Promise<number> {
  const busy = new BusyLoops(loops);
  atEnd(() => busy.stop());
  for (let run = 1; run <= times; run += 1) {
    say(`\nRun ${run} of ${times}: the tests beside ${loops} busy loops.`);
    const startedMs = performance.now();
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...vitest], { stdio: 'inherit' });
    const ended = once(child, 'exit') as Promise<[number | null]>;
    // A terminal sends Ctrl-C to vitest as well, and its end is waited for.
    const end = atEnd(async () => {
      child.kill('SIGTERM');
      await ended;
    });
    const [code] = await ended;
    await end();
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    say(`Run ${run} of ${times}: ${code === 0 ? 'passed' : 'FAILED'} after ${seconds} s.`);
    if (code !== 0) return 1;
  }
  return 0;
}

const options = beginProgram({
  usage: USAGE,
  parse: (args) => (args.includes('--help') ? null : parseBusyOptions(args)),
  expected: [[InvalidBusyOption, 2]],
});
await endProgram(await main(options));
