import {
  degradation,
  exhaustive,
  hunt,
  inWorld,
  mutants,
  processes,
  type Run,
  replay,
  schedules,
  singleFaultsAndSchedules,
  storms,
} from './mode-runs.ts';
import type { TrialOptions } from './trial-options.ts';

interface Mode {
  /** The option that selects the mode; `null` for the mode without an option. */
  readonly option: ModeOption | null;
  /** The name of the option's value. */
  readonly value?: string;
  readonly help: string;
  readonly run: Run;
}

type ModeOption =
  | 'mutants'
  | 'processes'
  | 'degradation'
  | 'storm'
  | 'hunt'
  | 'replay'
  | 'exhaustive'
  | 'minutes'
  | 'schedules';

/** If several options are given, the first mode in this order runs. */
export const MODES: readonly Mode[] = [
  { option: 'mutants', help: 'plants bugs and runs what must find them', run: mutants },
  { option: 'processes', help: 'killed processes, database crashes, cut commits and freezes', run: processes },
  { option: 'degradation', help: 'the answers while a dependency is slow or down', run: degradation },
  { option: 'storm', value: 'N', help: 'N operations by 24 actors at once', run: storms },
  { option: 'hunt', help: 'one mode after the other until one finds a violation', run: inWorld(hunt) },
  { option: 'replay', value: 'N', help: 'random interleaving N again, step by step', run: inWorld(replay) },
  {
    option: 'exhaustive',
    help: 'single faults and ordered pairs of faults',
    run: inWorld((trial, world) => exhaustive(trial, world, { doubles: true })),
  },
  {
    option: 'minutes',
    value: 'N',
    help: 'random interleavings for N minutes',
    run: inWorld((trial, world) =>
      schedules(trial, world, { untilMs: performance.now() + Number(trial.options.minutes) * 60_000 }),
    ),
  },
  {
    option: 'schedules',
    value: 'N',
    help: 'N random interleavings',
    run: inWorld((trial, world) => schedules(trial, world, { count: Number(trial.options.schedules) })),
  },
  { option: null, help: 'every single fault, then 200 random interleavings', run: inWorld(singleFaultsAndSchedules) },
];

/** The mode that the options select. */
export function selectMode(options: TrialOptions): Mode {
  const isSelected = ({ option }: Mode): boolean =>
    option === null || (options[option] !== undefined && options[option] !== false);
  const mode = MODES.find(isSelected);
  if (mode === undefined) throw new Error('The table of modes must end with the mode without an option.');
  return mode;
}
