import { beginProgram, endProgram } from '../../scripts/program/run-program.ts';
import { startServer } from './harness/database-server.ts';
import { print } from './mode-runs.ts';
import { MODES, selectMode } from './modes.ts';
import { MODIFIERS, parseTrialOptions } from './trial-options.ts';

const line = (option: string, help: string): string => `  ${option.padEnd(20)} ${help}\n`;

const USAGE = [
  `npm run faults -- [options]

Injects faults into every call of the product, and checks the invariants of docs/design.md.
docs/faults.md explains the trials. Ends with one line of JSON, and exits with 1 on a violation.

`,
  ...MODES.map(({ option, value, help }) =>
    line(option === null ? '(no mode)' : `--${option}${value === undefined ? '' : ` ${value}`}`, help),
  ),
  '\n',
  ...MODIFIERS.map(([option, help]) => line(option, help)),
].join('');

/** `npm run faults`. */
const options = beginProgram({ usage: USAGE, parse: parseTrialOptions });
const startedMs = performance.now();
const server = await startServer();
const summary = await selectMode(options).run({ options, serverUrl: server.url });
await server.stop();
const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
print(JSON.stringify({ ...summary, seconds, perSecond: Math.round((summary.runs / seconds) * 10) / 10 }));
await endProgram(summary.violations > 0 ? 1 : 0);
