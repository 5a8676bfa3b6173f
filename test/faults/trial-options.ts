import { readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import { InvalidArguments } from '../../scripts/program/invalid-arguments.ts';
import { parseOptions } from '../../scripts/program/options.ts';
import type { Share } from './trials/exhaustive.ts';

/** The options that change a mode. The table of modes adds the help of each mode (modes.ts). */
export const MODIFIERS: readonly (readonly [option: string, help: string])[] = [
  ['--stride N', 'with --exhaustive: every Nth pair of faults (1)'],
  ['--only NAME', 'one scenario of --exhaustive, or one bug of --mutants'],
  ['--share K/N', 'part K of N of --exhaustive and --mutants (1/1)'],
  ['--profile NAME', `the TOME of all trials but --mutants: ${Object.keys(SHIPPED_PROFILES).join(', ')}`],
  ['--seed N', 'the seed of all random choices (1)'],
  ['--size A,B,C,D', 'with --processes: how many kills, crashes, cuts and freezes (20,3,60,4)'],
  ['--stop-at-first', 'ends at the first violation'],
  ['--help', 'this text'],
];

export type TrialOptions = NonNullable<ReturnType<typeof parseTrialOptions>>;

/** Returns `null` for --help. Throws InvalidArguments with all faults at once. */
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
    profile: { type: 'string', default: 'simulator' },
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
  const read = readTomeProfile(values.profile);
  if ('faults' in read) throw new InvalidArguments([...faults, ...read.faults.map((fault) => `--profile ${fault}.`)]);
  if (faults.length > 0) throw new InvalidArguments(faults);
  return {
    ...values,
    profile: read.profile,
    stride: Number(values.stride),
    seed: Number(values.seed),
    share: shareOf(values.share),
    sizes: values.size.split(',').map(Number),
  };
}

function shareOf(text: string): Share {
  const [part = 1, of = 1] = text.split('/').map(Number);
  return { part, of };
}
