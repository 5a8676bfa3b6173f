import { createWorld, type World } from './harness/world.ts';
import type { TrialOptions } from './trial-options.ts';
import { type Finding, runExhaustive } from './trials/exhaustive.ts';
import { tryMutants } from './trials/mutant-trial.ts';
import { runDegradation } from './trials/processes/degradation.ts';
import { runProcessTrial } from './trials/processes/process-trial.ts';
import { runSchedule } from './trials/schedules.ts';
import { runStorm } from './trials/storm.ts';

/** The result of a mode. It is printed as one line of JSON. */
export interface Summary {
  readonly mode: string;
  readonly runs: number;
  readonly operations: number;
  readonly violations: number;
  readonly [detail: string]: unknown;
}

export interface Trial {
  readonly options: TrialOptions;
  /** A PostgreSQL server on which the mode creates its databases. */
  readonly serverUrl: string;
}

export type Run = (trial: Trial) => Promise<Summary>;

/** Writes one line. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Prints one violation of each invariant, so that many of one do not hide another. */
function printFinding({ title, violations }: Finding): void {
  print(title);
  const first = new Map(violations.toReversed().map(({ invariant, message }) => [invariant, message]));
  for (const [invariant, message] of first) print(`  ${invariant}: ${message}`);
}

/** A mode that uses one world. */
export function inWorld(run: (trial: Trial, world: World) => Promise<Summary>): Run {
  return async (trial) => {
    const world = await createWorld(trial.serverUrl, trial.options.seed, { profile: trial.options.profile });
    const summary = await run(trial, world);
    await world.close();
    return summary;
  };
}

export async function exhaustive(
  { options }: Trial,
  world: World,
  { doubles, stride = options.stride }: { readonly doubles: boolean; readonly stride?: number },
): Promise<Summary> {
  const { findings, ...counted } = await runExhaustive(world, {
    doubles,
    stride,
    share: options.share,
    stopAtFirst: options['stop-at-first'],
    only: options.only,
    onProgress: print,
  });
  for (const finding of findings.slice(0, 20)) printFinding(finding);
  return { mode: doubles ? 'exhaustive' : 'single faults', ...counted, violations: findings.length };
}

const profileOption = ({ profile }: TrialOptions): string =>
  profile.name === 'simulator' ? '' : ` --profile ${profile.name}`;

/** The seed of one run. Neighbouring runs get very different seeds. */
const seedOfRun = (seed: number, run: number): number => (seed * 1_000_003 + run * 7_919) >>> 0;

export async function schedules(
  { options }: Trial,
  world: World,
  { count = Number.POSITIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY },
): Promise<Summary> {
  const { seed } = options;
  const failing: number[] = [];
  let runs = 0;
  let operations = 0;
  let steps = 0;
  while (runs < count && performance.now() < untilMs) {
    const result = await runSchedule(world, seedOfRun(seed, runs));
    operations += result.operations;
    steps += result.steps.length;
    if (result.violations.length > 0) {
      failing.push(runs);
      printFinding({
        title: `schedule ${runs} (replay: npm run faults -- --seed ${seed} --replay ${runs}${profileOption(options)})`,
        violations: result.violations,
      });
      if (options['stop-at-first'] || failing.length >= 20) break;
    }
    runs += 1;
    if (runs % 500 === 0) print(`${runs} schedules, ${failing.length} with violations`);
  }
  return { mode: 'schedules', seed, runs, operations, steps, violations: failing.length };
}

export async function replay({ options }: Trial, world: World): Promise<Summary> {
  const { seed } = options;
  const index = Number(options.replay);
  const { steps, violations, operations } = await runSchedule(world, seedOfRun(seed, index));
  for (const { actor, point, fault } of steps) print(`${actor}: ${point}${fault === null ? '' : `   <-- ${fault}`}`);
  printFinding({ title: violations.length === 0 ? 'no violation' : 'violations:', violations });
  return { mode: 'replay', seed, schedule: index, runs: 1, operations, violations: violations.length };
}

const STORM_ACTORS = 24;
const OPERATIONS_PER_STORM = 2_000;

export async function storms({ options, serverUrl }: Trial, operations = Number(options.storm)): Promise<Summary> {
  const { seed } = options;
  const world = await createWorld(serverUrl, seed, { connections: STORM_ACTORS, profile: options.profile });
  let runs = 0;
  let failing = 0;
  for (let done = 0; done < operations; done += OPERATIONS_PER_STORM) {
    const { violations } = await runStorm(world, {
      operations: Math.min(OPERATIONS_PER_STORM, operations - done),
      actors: STORM_ACTORS,
      seed: seedOfRun(seed, runs),
    });
    runs += 1;
    if (violations.length === 0) continue;
    failing += 1;
    printFinding({ title: `storm ${runs}`, violations });
    if (options['stop-at-first']) break;
  }
  await world.close();
  return { mode: 'storm', seed, runs, operations, violations: failing };
}

/** Runs one mode after the other until one finds a violation. */
export async function hunt(trial: Trial, world: World): Promise<Summary> {
  const others: readonly (() => Promise<Summary>)[] = [
    () => storms(trial, 2 * OPERATIONS_PER_STORM),
    () => schedules(trial, world, { count: 250 }),
    () => exhaustive(trial, world, { doubles: true, stride: 5 }),
    () => schedules(trial, world, { count: 1_000 }),
  ];
  let summary = await exhaustive(trial, world, { doubles: false, stride: 1 });
  for (const run of others) {
    if (summary.violations > 0) break;
    summary = await run();
  }
  return summary;
}

export async function singleFaultsAndSchedules(trial: Trial, world: World): Promise<Summary> {
  const single = await exhaustive(trial, world, { doubles: false });
  const seeded = await schedules(trial, world, { count: 200 });
  return {
    mode: 'default',
    points: single['points'],
    schedules: seeded.runs,
    runs: single.runs + seeded.runs,
    operations: single.operations + seeded.operations,
    violations: single.violations + seeded.violations,
  };
}

export async function mutants({ options, serverUrl }: Trial): Promise<Summary> {
  const results = await tryMutants({
    serverUrl,
    only: options.only,
    share: options.share,
    onResult: ({ name, isCaught, by }) => print(`${isCaught ? 'caught  ' : 'SURVIVED'} ${name}: ${by}`),
  });
  const survivors = results.filter(({ isCaught }) => !isCaught).length;
  return {
    mode: 'mutants',
    runs: results.length,
    operations: results.reduce((sum, { operations }) => sum + operations, 0),
    caught: results.length - survivors,
    violations: survivors,
  };
}

export async function processes({ options }: Trial): Promise<Summary> {
  const [kills = 0, databaseCrashes = 0, ambiguousCommits = 0, freezes = 0] = options.sizes;
  const size = { kills, databaseCrashes, ambiguousCommits, freezes };
  const { violations, ...counted } = await runProcessTrial(size, options, print);
  printFinding({ title: violations.length === 0 ? 'no violation' : 'violations:', violations });
  return {
    mode: 'processes',
    runs: kills + databaseCrashes + ambiguousCommits + freezes,
    ...counted,
    violations: violations.length,
  };
}

export async function degradation({ options }: Trial): Promise<Summary> {
  const rows = await runDegradation(options.profile, ({ condition, holds, seen }) =>
    print(`${holds ? 'holds' : 'FAILS'}  ${condition}: ${seen}`),
  );
  const failing = rows.filter(({ holds }) => !holds).length;
  return { mode: 'degradation', runs: rows.length, operations: rows.length, violations: failing };
}
