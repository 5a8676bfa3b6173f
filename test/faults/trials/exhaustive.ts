import type { Violation } from '../checker/invariants.ts';
import { Crashed, type FaultMode, type InjectionPoint, isOutage, modesOf } from '../harness/fault-modes.ts';
import { noFaults } from '../harness/interceptor.ts';
import { type FaultPlan, PlannedFaults } from '../harness/planned-faults.ts';
import { startProcess } from '../harness/process-under-test.ts';
import type { World } from '../harness/world.ts';
import { checkWorld, recoverAndCheck, unexpectedError } from './recover-and-check.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export interface Finding {
  /** What was run, in one line. */
  readonly title: string;
  readonly violations: readonly Violation[];
}

export interface ExhaustiveResult {
  readonly points: number;
  readonly runs: number;
  readonly operations: number;
  readonly findings: readonly Finding[];
}

/** One of `of` parts of a trial, counted from 1. Together the parts are the whole trial. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

export interface ExhaustiveOptions {
  /** Whether ordered pairs of faults are tried, in the scenarios that have them. */
  readonly doubles: boolean;
  /** Tries every Nth pair of faults only; 1 for all. */
  readonly stride: number;
  /** Divides the first faults. */
  readonly share: Share;
  readonly stopAtFirst: boolean;
  /** The name of the only scenario to run. */
  readonly only?: string | undefined;
  readonly onProgress?: (text: string) => void;
}

/** How often a client tries before it gives up. */
const CLIENT_TRIES = 3;

/**
 * Tries every single fault at every point of every scenario, and every ordered pair of faults in
 * the scenarios that matter most. Each run ends with recovery and the checker.
 */
export async function runExhaustive(world: World, options: ExhaustiveOptions): Promise<ExhaustiveResult> {
  const findings: Finding[] = [];
  let runs = 0;
  let operations = 0;
  let points = 0;
  let firsts = 0;
  let doubles = 0;

  const attempt = async (scenario: Scenario, plan: FaultPlan): Promise<readonly InjectionPoint[]> => {
    runs += 1;
    const { reached, tries, violations } = await runOnce(world, scenario, plan);
    operations += tries;
    if (violations.length > 0) findings.push({ title: describePlan(scenario, plan, reached), violations });
    return reached;
  };

  for (const scenario of SCENARIOS.filter(({ name }) => options.only === undefined || name === options.only)) {
    const baseline = await attempt(scenario, new Map());
    points += baseline.length;
    for (const [first, point] of baseline.entries()) {
      for (const mode of modesOf(point)) {
        firsts += 1;
        if (firsts % options.share.of !== options.share.part - 1) continue;
        const reached = await attempt(scenario, new Map([[first, mode]]));
        if (options.stopAtFirst && findings.length > 0) return { points, runs, operations, findings };
        if (!options.doubles || !scenario.doubles) continue;
        for (let second = first + 1; second < reached.length; second += 1) {
          for (const other of modesOf(reached[second] as InjectionPoint)) {
            doubles += 1;
            if (doubles % options.stride === 0)
              await attempt(
                scenario,
                new Map<number, FaultMode>([
                  [first, mode],
                  [second, other],
                ]),
              );
            if (options.stopAtFirst && findings.length > 0) return { points, runs, operations, findings };
          }
        }
      }
    }
    options.onProgress?.(
      `${scenario.name}: ${baseline.length} points, ${runs} runs so far, ${findings.length} findings`,
    );
  }
  return { points, runs, operations, findings };
}

async function runOnce(given: World, scenario: Scenario, plan: FaultPlan) {
  // Pairs of faults are many, so they skip HTTP. Single faults use it.
  const world = plan.size > 1 ? { ...given, tome: given.inProcessTome } : given;
  await world.reset();
  if (scenario.pool > 0) await startProcess(world, noFaults).prefetch(scenario.pool);
  await scenario.prepare?.(world);
  const faults = new PlannedFaults(plan, world.lateEffects);
  let tries = 0;
  const violations: Violation[] = [];
  while (tries < CLIENT_TRIES) {
    tries += 1;
    const answered = world.answers.length;
    const settings = { lookupsMayBeWrong: scenario.lookupsMayBeWrong ?? false };
    try {
      await scenario.run(startProcess(world, faults.startProcess(), settings), world);
    } catch (error) {
      if (!(error instanceof Crashed) && !isOutage(error)) violations.push(unexpectedError(scenario.name, error));
      continue;
    }
    if (world.answers.slice(answered).every(({ status }) => status < 500)) break;
  }
  await faults.rest();
  if (plan.size === 0 && scenario.failsAtFirst !== true && world.answers.some(({ status }) => status >= 500)) {
    violations.push({ invariant: 'no unexpected error', message: 'a request failed without a fault' });
  }
  violations.push(...(await checkWorld(world, false)));
  violations.push(...(await recoverAndCheck(world, Math.max(scenario.pool, 2))));
  return { reached: faults.reached, tries, violations };
}

function describePlan(scenario: Scenario, plan: FaultPlan, reached: readonly InjectionPoint[]): string {
  const faults = [...plan].map(
    ([index, mode]) => `${mode} at point ${index} (${reached[index]?.name ?? 'not reached'})`,
  );
  return `${scenario.name}: ${faults.length === 0 ? 'no fault' : faults.join(', then ')}`;
}
