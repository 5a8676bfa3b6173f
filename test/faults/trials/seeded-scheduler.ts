import { Crashed, type FaultMode, isLie, modesOf, type Point, strike } from '../harness/fault-modes.ts';
import type { Deferred, Interceptor, Pause } from '../harness/interceptor.ts';

type Random = () => number;

interface Waiting {
  readonly actor: ScheduledActor;
  readonly point: Point;
  readonly order: number;
  readonly go: () => void;
}

/** A line of what happened, for the story of a failing seed. */
export interface Step {
  readonly actor: string;
  readonly point: string;
  readonly fault: FaultMode | null;
}

/** One process among others: at every await it waits for its turn. */
export class ScheduledActor implements Interceptor {
  readonly name: string;
  readonly #scheduler: SeededScheduler;
  #isDead = false;
  #hasLied = false;

  constructor(name: string, scheduler: SeededScheduler) {
    this.name = name;
    this.#scheduler = scheduler;
  }

  pause(): Pause {
    return this.#scheduler.goOnAlone();
  }

  async around<Result>(point: Point, act: () => Promise<Result>): Promise<Result> {
    if (this.#isDead) throw new Crashed();
    const mode = await this.#scheduler.turn(this, point);
    const isSeenThrough = isLie(mode) && this.#hasLied && point.isSecondWitness === true;
    this.#hasLied ||= isLie(mode);
    return this.#scheduler.step(() => {
      if (this.#isDead) throw new Crashed();
      if (mode === null || isSeenThrough) return act();
      return strike(mode, point, act, {
        die: () => {
          this.#isDead = true;
        },
        defer: (late) => this.#scheduler.deferred.add(late),
      });
    });
  }
}

/**
 * Lets one actor at a time go on from one await to its next, chosen by the seed; so a seed is one interleaving, and the same seed is the
 * same one again. Now and then a fault strikes, or an effect that was late arrives.
 */
export class SeededScheduler {
  readonly deferred: Deferred;
  readonly steps: Step[] = [];
  readonly #random: Random;
  readonly #faultRate: number;
  #waiting: Waiting[] = [];
  #stepUnderWay: Promise<void> | null = null;
  /** Actors between two awaits that take time, such as opening a connection. */
  #goingOnAlone = 0;
  #order = 0;

  constructor(random: Random, faultRate: number, deferred: Deferred) {
    this.#random = random;
    this.#faultRate = faultRate;
    this.deferred = deferred;
  }

  /** Waits for this actor's turn; what strikes the point then, if anything does. */
  async turn(actor: ScheduledActor, point: Point): Promise<FaultMode | null> {
    await new Promise<void>((go) => {
      this.#order += 1;
      this.#waiting.push({ actor, point, order: point.order ?? this.#order, go });
    });
    const modes = modesOf(point);
    const fault = this.#random() < this.#faultRate ? (modes[Math.floor(this.#random() * modes.length)] ?? null) : null;
    this.steps.push({ actor: actor.name, point: point.name, fault });
    return fault;
  }

  /** The await itself: the only time at which an actor is not at rest. */
  async step<Result>(act: () => Promise<Result>): Promise<Result> {
    const ended = Promise.withResolvers<void>();
    this.#stepUnderWay = ended.promise;
    try {
      return await act();
    } finally {
      this.#stepUnderWay = null;
      ended.resolve();
    }
  }

  /** An actor that goes on by itself is waited for, so that the order of steps depends on the seed and not on speed. */
  goOnAlone(): Pause {
    this.#goingOnAlone += 1;
    this.#order += 1;
    return {
      order: this.#order,
      end: () => {
        this.#goingOnAlone -= 1;
      },
    };
  }

  /** Runs all work to its end, one step at a time. */
  async run(work: readonly (() => Promise<void>)[]): Promise<void> {
    let isDone = false;
    const done = Promise.all(work.map((act) => act())).finally(() => {
      isDone = true;
    });
    for (;;) {
      await this.#rest();
      if (isDone) break;
      // Connections that are opened side by side are ready in any order.
      this.#waiting.sort((a, b) => a.order - b.order);
      const next = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1)[0];
      if (next === undefined) continue;
      if (this.deferred.size > 0 && this.#random() < 0.3) await this.deferred.arrive();
      next.go();
    }
    await done;
  }

  /** Resolves when no step is under way and everybody who can go on by himself has come to his next await. */
  async #rest(): Promise<void> {
    do {
      await this.#stepUnderWay;
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#stepUnderWay !== null || this.#goingOnAlone > 0);
  }
}
