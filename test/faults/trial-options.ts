import { InvalidArguments } from '../../scripts/performance/load/invalid-arguments.ts';
import { parseOptions } from '../../scripts/program/options.ts';

export const TRIAL_USAGE = `npm run faults -- [options]

Tries faults at every await of every operation, and looks for two cards behind one token. Without options: every single fault, then 200
random interleavings. Ends with one line of JSON and exits with 1 on a violation.

  --exhaustive         pairs of faults
  --stride N           of --exhaustive every Nth pair (1)
  --only NAME          one scenario of --exhaustive, or one bug of --mutants
  --share K/N          the part K of N of --exhaustive and --mutants (1/1)
  --schedules N        N random interleavings
  --minutes N          random interleavings for N minutes
  --seed N             where they begin (1)
  --replay N           one interleaving again, step by step
  --storm N            N operations at once from two dozen connections
  --processes          killed processes, database crashes, cut commits and freezes
  --size A,B,C,D       how many of each of those (20,3,60,4)
  --degradation        what is answered while a dependency is slow or down
  --mutants            plants bugs and hunts them
  --hunt               all kinds one after the other until one finds something
  --stop-at-first      ends at the first violation
  --help               this text
`;

/** The command's options; `null` when only help is wanted. Throws InvalidArguments that names all faults at once. */
export function parseTrialOptions(args: readonly string[]) {
  const values = parseOptions(args, {
    exhaustive: { type: 'boolean', default: false },
    stride: { type: 'string', default: '1' },
    only: { type: 'string' },
    schedules: { type: 'string' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string' },
    minutes: { type: 'string' },
    'stop-at-first': { type: 'boolean', default: false },
    storm: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    share: { type: 'string', default: '1/1' },
    processes: { type: 'boolean', default: false },
    degradation: { type: 'boolean', default: false },
    size: { type: 'string', default: '20,3,60,4' },
    hunt: { type: 'boolean', default: false },
  });
  if (values === null) return null;
  const faults: string[] = [];
  for (const name of ['stride', 'schedules', 'seed', 'replay', 'storm'] as const) {
    const value = values[name];
    if (value !== undefined && !/^\d{1,9}$/.test(value)) faults.push(`--${name} must be a whole number.`);
  }
  if (values.stride === '0') faults.push('--stride must be at least 1.');
  if (values.minutes !== undefined && !/^\d+(\.\d+)?$/.test(values.minutes)) faults.push('--minutes must be a number.');
  if (!/^[1-9]\d*\/[1-9]\d*$/.test(values.share)) faults.push('--share must be like 1/4.');
  if (!/^\d+(,\d+){0,3}$/.test(values.size)) faults.push('--size must be like 20,3,60,4.');
  if (faults.length > 0) throw new InvalidArguments(faults);
  return values;
}
