import { Crashed, type FaultMode, modesOf, type Point, strike } from './fault-modes.ts';

/** What stands around every await of one process under test. */
export interface Interceptor {
  around<Result>(point: Point, act: () => Promise<Result>): Promise<Result>;
}

/** Lets everything through. */
export const untouched: Interceptor = { around: (_point, act) => act() };

/** Effects that arrive late: run by whoever decides when. */
export class Deferred {
  #acts: (() => Promise<unknown>)[] = [];

  add(act: () => Promise<unknown>): void {
    this.#acts.push(act);
  }

  get size(): number {
    return this.#acts.length;
  }

  /** Lets the oldest arrive. That it fails by then is nobody's business any more. */
  async arrive(): Promise<void> {
    await this.#acts
      .shift()?.()
      .catch(() => undefined);
  }

  async arriveAll(): Promise<void> {
    while (this.#acts.length > 0) await this.arrive();
  }
}

/** Where in a run which fault strikes: the points are numbered from 0 in the order in which they are reached. */
export type FaultPlan = ReadonlyMap<number, FaultMode>;

/**
 * Carries out a plan over the processes of one run. A crash ends the process it strikes: the next process is a new one, and the numbers
 * go on.
 */
export class PlannedFaults implements Interceptor {
  readonly reached: Point[] = [];
  readonly #plan: FaultPlan;
  readonly #deferred: Deferred;
  #isDead = false;
  #hasLied = false;

  constructor(plan: FaultPlan, deferred: Deferred) {
    this.#plan = plan;
    this.#deferred = deferred;
  }

  /** A new process, for the next try. */
  restart(): void {
    this.#isDead = false;
    this.#hasLied = false;
  }

  async around<Result>(point: Point, act: () => Promise<Result>): Promise<Result> {
    if (this.#isDead) throw new Crashed();
    const mode = this.#plan.get(this.reached.length);
    this.reached.push(point);
    // Two calls that go out together may change places between runs; a fault that does not fit the one it meets is left out.
    if (mode === undefined || !modesOf(point).includes(mode)) return act();
    if (mode === 'wrong-echo') {
      if (this.#hasLied && point.isSecondWitness === true) return act();
      this.#hasLied = true;
    }
    return strike(mode, point, act, {
      die: () => {
        this.#isDead = true;
      },
      defer: (late) => this.#deferred.add(late),
    });
  }
}
