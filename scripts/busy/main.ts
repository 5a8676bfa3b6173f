import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BusyLoops } from './busy-loops.ts';
import { InvalidBusyOption, parseBusyOptions } from './busy-options.ts';

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

/**
 * `npm run test:busy -- [--times N] [--loops N] [arguments of vitest]`: the tests beside busy loops, by default once beside twice as many as there are
 * processors. No test may depend on speed, so this passes where `npm test` does. The loops end with it, however it ends.
 */
async function main(): Promise<number> {
  const { times, loops, vitest } = parseBusyOptions(process.argv.slice(2));
  const busy = new BusyLoops(loops);
  try {
    for (let run = 1; run <= times; run += 1) {
      say(`\nRun ${run} of ${times}: the tests beside ${loops} busy loops.`);
      const startedMs = performance.now();
      const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...vitest], { stdio: 'inherit' });
      const [code] = (await once(child, 'exit')) as [number | null];
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      say(`Run ${run} of ${times}: ${code === 0 ? 'passed' : 'FAILED'} after ${seconds} s.`);
      if (code !== 0) return 1;
    }
    return 0;
  } finally {
    await busy.stop();
  }
}

// A terminal sends Ctrl-C to vitest as well, and its end is waited for.
process.on('SIGINT', () => undefined);

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (!(error instanceof InvalidBusyOption)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  },
);
