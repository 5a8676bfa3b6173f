import type { Random } from '../../../lambdas/tokenization/ports/clock.ts';
import {
  Crashed,
  type FaultMode,
  type InjectionPoint,
  injectFault,
  isWrongAnswer,
  modesOf,
} from '../harness/fault-modes.ts';
import type { Interceptor, UnscheduledWork } from '../harness/interceptor.ts';
import type { LateEffects } from '../harness/late-effects.ts';

interface Waiting {
  readonly actor: ScheduledActor;
  readonly point: InjectionPoint;
  readonly order: number;
  readonly proceed: () => void;
}

/** One line of a replay. */
export interface Step {
  readonly actor: string;
  readonly point: string;
  readonly fault: FaultMode | null;
}

/** The interceptor of one process among several. The process waits for its turn at every point. */
export class ScheduledActor implements Interceptor {
  readonly name: string;
  readonly #scheduler: SeededScheduler;
  #hasCrashed = false;
  #hasAnsweredWrongly = false;

  constructor(name: string, scheduler: SeededScheduler) {
    this.name = name;
    this.#scheduler = scheduler;
  }

  beginUnscheduledWork(): UnscheduledWork {
    return this.#scheduler.beginUnscheduledWork();
  }

  async around<Result>(point: InjectionPoint, call: () => Promise<Result>): Promise<Result> {
    if (this.#hasCrashed) throw new Crashed();
    const mode = await this.#scheduler.waitForTurn(this, point);
    const isSecondWrongAnswer = isWrongAnswer(mode) && this.#hasAnsweredWrongly && point.isConfirmation === true;
    this.#hasAnsweredWrongly ||= isWrongAnswer(mode);
    return this.#scheduler.step(() => {
      if (this.#hasCrashed) throw new Crashed();
      if (mode === null || isSecondWrongAnswer) return call();
      return injectFault(mode, point, call, {
        crash: () => {
          this.#hasCrashed = true;
        },
        delay: (late) => this.#scheduler.lateEffects.add(late),
      });
    });
  }
}

/**
 * Lets one actor at a time proceed from one point to its next. The seed chooses the actor, so the
 * same seed gives the same interleaving again. Sometimes a fault is injected, or a late effect
 * arrives.
 */
export class SeededScheduler {
  readonly lateEffects: LateEffects;
  readonly steps: Step[] = [];
  readonly #random: Random;
  readonly #faultRate: number;
  #waiting: Waiting[] = [];
  #runningStep: Promise<void> | null = null;
  /** How many actors work between two points. */
  #unscheduledWorks = 0;
  #order = 0;

  constructor(random: Random, faultRate: number, lateEffects: LateEffects) {
    this.#random = random;
    this.#faultRate = faultRate;
    this.lateEffects = lateEffects;
  }

  /** Waits for the turn of this actor. Returns the fault to inject at the point, if any. */
  async waitForTurn(actor: ScheduledActor, point: InjectionPoint): Promise<FaultMode | null> {
    await new Promise<void>((proceed) => {
      this.#order += 1;
      this.#waiting.push({ actor, point, order: point.order ?? this.#order, proceed });
    });
    const modes = modesOf(point);
    const fault = this.#random() < this.#faultRate ? (modes[Math.floor(this.#random() * modes.length)] ?? null) : null;
    this.steps.push({ actor: actor.name, point: point.name, fault });
    return fault;
  }

  /** Makes the call at a point. No other actor proceeds meanwhile. */
  async step<Result>(call: () => Promise<Result>): Promise<Result> {
    const ended = Promise.withResolvers<void>();
    this.#runningStep = ended.promise;
    try {
      return await call();
    } finally {
      this.#runningStep = null;
      ended.resolve();
    }
  }

  /**
   * Work between two points is waited for before the next actor proceeds. Otherwise the order of
   * steps would depend on speed and not only on the seed.
   */
  beginUnscheduledWork(): UnscheduledWork {
    this.#unscheduledWorks += 1;
    this.#order += 1;
    return {
      order: this.#order,
      end: () => {
        this.#unscheduledWorks -= 1;
      },
    };
  }

  /** Runs all actors to their end, one step at a time. */
  async run(actors: readonly (() => Promise<void>)[]): Promise<void> {
    let isDone = false;
    const done = Promise.all(actors.map((act) => act())).finally(() => {
      isDone = true;
    });
    for (;;) {
      await this.#untilAllWait();
      if (isDone) break;
      // Connections that are opened at the same time become ready in any order.
      this.#waiting.sort((a, b) => a.order - b.order);
      const next = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1)[0];
      if (next === undefined) continue;
      if (this.lateEffects.size > 0 && this.#random() < 0.3) await this.lateEffects.arrive();
      next.proceed();
    }
    await done;
  }

  /** Resolves when no step runs and every actor waits at a point or has ended. */
  async #untilAllWait(): Promise<void> {
    do {
      await this.#runningStep;
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#runningStep !== null || this.#unscheduledWorks > 0);
  }
}
