import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const run = (thrown: string) =>
  spawnSync(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { surviveDriverFault } from './lambdas/runtime/driver-fault.ts';
     surviveDriverFault();
     setTimeout(() => process.exit(42), 100);
     setImmediate(function nextWrite() { ${thrown} });`,
  ]).status;

test("the driver's write to a closed connection does not end the process", () => {
  expect(run('const socket = null; socket.write("x")')).toBe(42);
});

test('every other uncaught error ends the process', () => {
  expect(run('throw new TypeError("something else")')).not.toBe(42);
  expect(run('throw new Error("boom")')).not.toBe(42);
});
