import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atEnd } from '../../scripts/program/endings.ts';
import { beginProgram, endProgram } from '../../scripts/program/run-program.ts';
import { BusyLoops } from './busy-loops.ts';
import { InvalidBusyOption, parseBusyOptions } from './busy-options.ts';

const print = (line: string): boolean => process.stdout.write(`${line}\n`);

const USAGE = `npm run test:busy -- [--times N] [--loops N] [arguments of vitest]

Runs the tests beside busy loops. It must pass when npm test passes, because no test may depend on
speed.

  --times N   how often the tests run (1)
  --loops N   the number of busy loops (two for each processor)
  --help      this text
`;

/** `npm run test:busy`. The loops end with this process, also when it is killed. */
async function main({ times, loops, vitest }: ReturnType<typeof parseBusyOptions>): Promise<number> {
  const busy = new BusyLoops(loops);
  atEnd(() => busy.stop());
  for (let run = 1; run <= times; run += 1) {
    print(`\nRun ${run} of ${times}: the tests beside ${loops} busy loops.`);
    const startedMs = performance.now();
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...vitest], { stdio: 'inherit' });
    const ended = once(child, 'exit') as Promise<[number | null]>;
    // A terminal sends Ctrl-C to vitest too. This process waits until vitest has ended.
    const end = atEnd(async () => {
      child.kill('SIGTERM');
      await ended;
    });
    const [code] = await ended;
    await end();
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    print(`Run ${run} of ${times}: ${code === 0 ? 'passed' : 'FAILED'} after ${seconds} s.`);
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
