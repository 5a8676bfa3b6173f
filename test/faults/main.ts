import { beginProgram, endProgram } from '../../scripts/program/run-program.ts';
import { startServer } from './harness/database-server.ts';
import { createWorld, type World } from './harness/world.ts';
import { parseTrialOptions, TRIAL_USAGE } from './trial-options.ts';
import { type Finding, runExhaustive, type Share } from './trials/exhaustive.ts';
import { tryMutants } from './trials/mutant-trial.ts';
import { runDegradation } from './trials/processes/degradation.ts';
import { runProcessTrial } from './trials/processes/process-trial.ts';
import { runSchedule } from './trials/schedules.ts';
import { runStorm } from './trials/storm.ts';

/** What each kind of trial ends with: one line of JSON, and exit code 1 on a violation. */
interface Summary {
  readonly mode: string;
  readonly runs: number;
  readonly operations: number;
  readonly violations: number;
  readonly [detail: string]: unknown;
}

const values = beginProgram({ usage: TRIAL_USAGE, parse: parseTrialOptions });

const STORM_ACTORS = 24;
const STORM_OPERATIONS = 2_000;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const share = (): Share => {
  const [part = 1, of = 1] = values.share.split('/').map(Number);
  return { part, of };
};

const tell = ({ story, violations }: Finding): void => {
  say(story);
  // The first of each kind, so that many of one kind hide none of another.
  const first = new Map(violations.toReversed().map((violation) => [violation.invariant, violation.says]));
  for (const [invariant, says] of first) say(`  ${invariant}: ${says}`);
};

async function exhaustive(world: World, doubles: boolean, stride = Number(values.stride)): Promise<Summary> {
  const { findings, ...counted } = await runExhaustive(world, {
    doubles,
    stride,
    share: share(),
    stopAtFirst: values['stop-at-first'],
    only: values.only,
    onProgress: say,
  });
  for (const finding of findings.slice(0, 20)) tell(finding);
  return { mode: doubles ? 'exhaustive' : 'single faults', ...counted, violations: findings.length };
}

/** One schedule's seed: far from its neighbours', and the same for the same two numbers. */
const seedOf = (seed: number, index: number): number => (seed * 1_000_003 + index * 7_919) >>> 0;

async function schedules(world: World, count: number, untilMs: number): Promise<Summary> {
  const seed = Number(values.seed);
  const failing: number[] = [];
  let runs = 0;
  let operations = 0;
  let steps = 0;
  while (runs < count && performance.now() < untilMs) {
    const result = await runSchedule(world, seedOf(seed, runs));
    operations += result.operations;
    steps += result.steps.length;
    if (result.violations.length > 0) {
      failing.push(runs);
      tell({
        story: `schedule ${runs} (again: npm run faults -- --seed ${seed} --replay ${runs})`,
        violations: result.violations,
      });
      if (values['stop-at-first'] || failing.length >= 20) break;
    }
    runs += 1;
    if (runs % 500 === 0) say(`${runs} schedules, ${failing.length} with violations`);
  }
  return { mode: 'schedules', seed, runs, operations, steps, violations: failing.length };
}

/** One schedule again, step by step in words. */
async function replay(world: World, index: number): Promise<Summary> {
  const { steps, violations, operations } = await runSchedule(world, seedOf(Number(values.seed), index));
  for (const { actor, point, fault } of steps) say(`${actor}: ${point}${fault === null ? '' : `   <-- ${fault}`}`);
  tell({ story: violations.length === 0 ? 'no violation' : 'violations:', violations });
  return {
    mode: 'replay',
    seed: Number(values.seed),
    schedule: index,
    runs: 1,
    operations,
    violations: violations.length,
  };
}

/** Statements that truly overlap, in storms of at most so many operations each. */
async function storms(operations: number): Promise<Summary> {
  const world = await createWorld(server.url, Number(values.seed), STORM_ACTORS);
  let runs = 0;
  let violations = 0;
  for (let done = 0; done < operations; done += STORM_OPERATIONS) {
    const seed = seedOf(Number(values.seed), runs);
    const storm = { operations: Math.min(STORM_OPERATIONS, operations - done), actors: STORM_ACTORS, seed };
    const found = (await runStorm(world, storm)).violations;
    runs += 1;
    violations += Math.min(1, found.length);
    if (found.length > 0) tell({ story: `storm ${runs}`, violations: found });
    if (found.length > 0 && values['stop-at-first']) break;
  }
  await world.close();
  return { mode: 'storm', seed: Number(values.seed), runs, operations, violations };
}

/** Single faults, a storm, then pairs of faults, then a thousand schedules, as far as the first violation. */
async function hunt(world: World): Promise<Summary> {
  const single = await exhaustive(world, false, 1);
  if (single.violations > 0) return single;
  const storm = await storms(2 * STORM_OPERATIONS);
  if (storm.violations > 0) return storm;
  const seeded = await schedules(world, 250, Number.POSITIVE_INFINITY);
  if (seeded.violations > 0) return seeded;
  const double = await exhaustive(world, true, 5);
  if (double.violations > 0) return double;
  return schedules(world, 1_000, Number.POSITIVE_INFINITY);
}

async function mutants(): Promise<Summary> {
  const results = await tryMutants({
    serverUrl: server.url,
    only: values.only,
    share: share(),
    onResult: ({ name, isCaught, by }) => say(`${isCaught ? 'caught  ' : 'SURVIVED'} ${name}: ${by}`),
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

async function processes(): Promise<Summary> {
  const [kills = 0, databaseCrashes = 0, ambiguousCommits = 0, freezes = 0] = values.size.split(',').map(Number);
  const { violations, ...counted } = await runProcessTrial(
    { kills, databaseCrashes, ambiguousCommits, freezes },
    Number(values.seed),
    say,
  );
  tell({ story: violations.length === 0 ? 'no violation' : 'violations:', violations });
  return {
    mode: 'processes',
    runs: kills + databaseCrashes + ambiguousCommits + freezes,
    ...counted,
    violations: violations.length,
  };
}

async function degradation(): Promise<Summary> {
  const rows = await runDegradation(({ condition, holds, seen }) =>
    say(`${holds ? 'holds' : 'FAILS'}  ${condition}: ${seen}`),
  );
  const failing = rows.filter(({ holds }) => !holds).length;
  return { mode: 'degradation', runs: rows.length, operations: rows.length, violations: failing };
}

async function chosen(world: World): Promise<Summary> {
  if (values.mutants) return mutants();
  if (values.processes) return processes();
  if (values.degradation) return degradation();
  if (values.storm !== undefined) return storms(Number(values.storm));
  if (values.hunt) return hunt(world);
  if (values.replay !== undefined) return replay(world, Number(values.replay));
  if (values.exhaustive) return exhaustive(world, true);
  if (values.minutes !== undefined) {
    return schedules(world, Number.POSITIVE_INFINITY, performance.now() + Number(values.minutes) * 60_000);
  }
  if (values.schedules !== undefined) return schedules(world, Number(values.schedules), Number.POSITIVE_INFINITY);
  const single = await exhaustive(world, false);
  const seeded = await schedules(world, 200, Number.POSITIVE_INFINITY);
  return {
    mode: 'default',
    points: single['points'],
    schedules: seeded.runs,
    runs: single.runs + seeded.runs,
    operations: single.operations + seeded.operations,
    violations: single.violations + seeded.violations,
  };
}

const startedMs = performance.now();
const server = await startServer();
const world = await createWorld(server.url, Number(values.seed));
const summary = await chosen(world);
await world.close();
await server.stop();
const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
say(JSON.stringify({ ...summary, seconds, perSecond: Math.round((summary.runs / seconds) * 10) / 10 }));
await endProgram(summary.violations > 0 ? 1 : 0);
