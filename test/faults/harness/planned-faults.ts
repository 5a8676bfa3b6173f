import { Crashed, type FaultMode, type InjectionPoint, injectFault, isWrongAnswer, modesOf } from './fault-modes.ts';
import type { Interceptor } from './interceptor.ts';
import type { LateEffects } from './late-effects.ts';

/** The faults of one run, by the number of the point. Numbers start at 0, in the order of calls. */
export type FaultPlan = ReadonlyMap<number, FaultMode>;

/** Injects the faults of a plan. The numbers of points continue from one process to the next. */
export class PlannedFaults {
  readonly reached: InjectionPoint[] = [];
  readonly #plan: FaultPlan;
  readonly #lateEffects: LateEffects;
  readonly #running = new Set<Promise<unknown>>();

  constructor(plan: FaultPlan, lateEffects: LateEffects) {
    this.#plan = plan;
    this.#lateEffects = lateEffects;
  }

  /** The interceptor of a new process. A crash ends all concurrent work of this process. */
  startProcess(): Interceptor {
    let hasCrashed = false;
    let hasAnsweredWrongly = false;
    return {
      around: async (point, call) => {
        if (hasCrashed) throw new Crashed();
        const mode = this.#plan.get(this.reached.length);
        this.reached.push(point);
        // Two concurrent calls can change their order between runs, so a planned fault can meet a
        // point that it does not fit. It is skipped then.
        if (mode === undefined || !modesOf(point).includes(mode)) return this.#follow(call());
        if (isWrongAnswer(mode)) {
          if (hasAnsweredWrongly && point.isConfirmation === true) return this.#follow(call());
          hasAnsweredWrongly = true;
        }
        const effects = {
          crash: () => {
            hasCrashed = true;
          },
          delay: (late: () => Promise<unknown>) => this.#lateEffects.add(late),
        };
        return this.#follow(injectFault(mode, point, call, effects));
      },
    };
  }

  /** Resolves when the calls of crashed processes have ended, so that no run affects the next. */
  async rest(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #follow<Result>(call: Promise<Result>): Promise<Result> {
    this.#running.add(call);
    try {
      return await call;
    } finally {
      this.#running.delete(call);
    }
  }
}
