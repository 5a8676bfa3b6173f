import type { Violation } from '../checker/invariants.ts';
import { Crashed, type FaultMode, isOutage, modesOf, type Point } from '../harness/fault-modes.ts';
import { type FaultPlan, PlannedFaults, untouched } from '../harness/interceptor.ts';
import { startProcess } from '../harness/process-under-test.ts';
import type { World } from '../harness/world.ts';
import { bringToRest, surprise, verdict } from './recover-and-check.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export interface Finding {
  readonly story: string;
  readonly violations: readonly Violation[];
}

export interface ExhaustiveResult {
  readonly points: number;
  readonly runs: number;
  readonly operations: number;
  readonly findings: readonly Finding[];
}

export interface Share {
  readonly part: number;
  readonly of: number;
}

export interface ExhaustiveOptions {
  /** Whether ordered pairs of faults are tried on the scenarios that have them. */
  readonly doubles: boolean;
  /** Every so many double faults only: 1 for all of them. */
  readonly stride: number;
  /** One part of the first faults only; parts count from 1, and together are all. */
  readonly share: Share;
  readonly stopAtFirst: boolean;
  /** Only the scenario of this name. */
  readonly only?: string | undefined;
  readonly onProgress?: (text: string) => void;
}

/** A client tries so often before it gives up for today. */
const CLIENT_TRIES = 3;

/** Every single fault at every point, and every ordered pair on the paths that matter most; each followed by recovery and the checker. */
export async function runExhaustive(world: World, options: ExhaustiveOptions): Promise<ExhaustiveResult> {
  const findings: Finding[] = [];
  let runs = 0;
  let operations = 0;
  let points = 0;
  let firsts = 0;
  let doubles = 0;

  const attempt = async (scenario: Scenario, plan: FaultPlan): Promise<readonly Point[]> => {
    runs += 1;
    const { reached, tries, violations } = await runOnce(world, scenario, plan);
    operations += tries;
    if (violations.length > 0) findings.push({ story: tell(scenario, plan, reached), violations });
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
          for (const other of modesOf(reached[second] as Point)) {
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
  // Pairs of faults are many, and the wire has been tried by the single ones.
  const world = plan.size > 1 ? { ...given, tome: given.wirelessTome } : given;
  await world.reset();
  if (scenario.pool > 0) await startProcess(world, untouched).prefetch(scenario.pool);
  await scenario.prepare?.(world);
  const faults = new PlannedFaults(plan, world.deferred);
  let tries = 0;
  const violations: Violation[] = [];
  while (tries < CLIENT_TRIES) {
    tries += 1;
    const answered = world.answers.length;
    try {
      await scenario.run(
        startProcess(world, faults.startProcess(), { lookupsLie: scenario.lookupsLie ?? false }),
        world,
      );
    } catch (error) {
      if (!(error instanceof Crashed) && !isOutage(error)) violations.push(surprise(scenario.name, error));
      continue;
    }
    if (world.answers.slice(answered).every(({ status }) => status < 500)) break;
  }
  await faults.rest();
  if (plan.size === 0 && scenario.failsAtFirst !== true && world.answers.some(({ status }) => status >= 500)) {
    violations.push({ invariant: 'no surprise', says: 'a request failed though nothing went wrong' });
  }
  violations.push(...(await verdict(world, false)));
  violations.push(...(await bringToRest(world, Math.max(scenario.pool, 2))));
  return { reached: faults.reached, tries, violations };
}

function tell(scenario: Scenario, plan: FaultPlan, reached: readonly Point[]): string {
  const faults = [...plan].map(
    ([index, mode]) => `${mode} at point ${index} (${reached[index]?.name ?? 'not reached'})`,
  );
  return `${scenario.name}: ${faults.length === 0 ? 'no fault' : faults.join(', then ')}`;
}
