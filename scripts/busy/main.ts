import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atEnd } from '../program/endings.ts';
import { endWhenInterrupted } from '../program/interruption.ts';
import { BusyLoops } from './busy-loops.ts';
import { InvalidBusyOption, parseBusyOptions } from './busy-options.ts';

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

/** The exit code of vitest with these arguments. An interruption ends it before this process ends. */
async function runTests(parameters: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...parameters], { stdio: 'inherit' });
  const exit = once(child, 'exit') as Promise<[code: number | null]>;
  const end = atEnd(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  const [code] = await exit;
  await end();
  return code;
}

/**
 * `npm run test:busy -- [--times N] [--loops N] [arguments of vitest]`: the tests beside busy loops, by default once beside twice as many as there are
 * processors. No test may depend on speed, so this passes where `npm test` does. The loops end with it, however it ends.
 */
async function main(): Promise<number> {
  const { times, loops, vitest } = parseBusyOptions(process.argv.slice(2));
  const busy = new BusyLoops(loops);
  const stop = atEnd(() => busy.stop());
  for (let run = 1; run <= times; run += 1) {
    say(`\nRun ${run} of ${times}: the tests beside ${loops} busy loops.`);
    const startedMs = performance.now();
    const code = await runTests(vitest);
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    say(`Run ${run} of ${times}: ${code === 0 ? 'passed' : 'FAILED'} after ${seconds} s.`);
    if (code !== 0) {
      await stop();
      return 1;
    }
  }
  await stop();
  return 0;
}

endWhenInterrupted();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (!(error instanceof InvalidBusyOption)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  },
);
