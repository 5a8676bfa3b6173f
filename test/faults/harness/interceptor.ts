import { Crashed, type FaultMode, isLie, modesOf, type Point, strike } from './fault-modes.ts';

/** What stands around every await of one process under test. */
export interface Interceptor {
  around<Result>(point: Point, act: () => Promise<Result>): Promise<Result>;
  /** Says that the process goes on by itself, outside any point, until the pause is ended. */
  pause?(): Pause;
}

export interface Pause {
  /** The pauses' place in the order in which they began. */
  readonly order: number;
  end(): void;
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

/** Carries out a plan over the processes of one run; the numbers go on from process to process. */
export class PlannedFaults {
  readonly reached: Point[] = [];
  readonly #plan: FaultPlan;
  readonly #deferred: Deferred;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(plan: FaultPlan, deferred: Deferred) {
    this.#plan = plan;
    this.#deferred = deferred;
  }

  /** A new process. A crash ends the one it strikes, with all that it had begun at once, and for ever. */
  startProcess(): Interceptor {
    let isDead = false;
    let hasLied = false;
    return {
      around: async (point, act) => {
        if (isDead) throw new Crashed();
        const mode = this.#plan.get(this.reached.length);
        this.reached.push(point);
        // Two calls that go out together may change places between runs; a fault that does not fit the one it meets is left out.
        if (mode === undefined || !modesOf(point).includes(mode)) return this.#follow(act());
        if (isLie(mode)) {
          if (hasLied && point.isSecondWitness === true) return this.#follow(act());
          hasLied = true;
        }
        const effects = {
          die: () => {
            isDead = true;
          },
          defer: (late: () => Promise<unknown>) => this.#deferred.add(late),
        };
        return this.#follow(strike(mode, point, act, effects));
      },
    };
  }

  /** Resolves when what dead processes had sent has ended too: nothing of one run may happen in the next. */
  async rest(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #follow<Result>(act: Promise<Result>): Promise<Result> {
    this.#underWay.add(act);
    try {
      return await act;
    } finally {
      this.#underWay.delete(act);
    }
  }
}
