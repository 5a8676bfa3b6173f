import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { NAMESPACES, type Namespace, OPERATIONS, type Operation } from '../../lambdas/tome/contract/contract.ts';

/**
 * Ways to misbehave. `before` means nothing happened at TOME; `after` means that it happened and only the answer is lost.
 */
export const FAULT_KINDS = [
  /** Answers, but `delayMs` later. */
  'slow',
  /** No answer, connection left open until the client gives up. */
  'timeout-before',
  'timeout-after',
  /** No answer now; the effect comes `delayMs` later. */
  'apply-late',
  'reset-before',
  'reset-after',
  'error-before',
  'error-after',
  /** 429 with Retry-After. */
  'rate-limited',
  /** Something before TOME answers with a page of its own, without TOME's request id, and TOME never hears of the call. */
  'edge-rate-limited',
  'gateway-page',
  'access-denied',
  'redirected',
  /** TOME did what was asked, and its answer was replaced by a page on the way. */
  'gateway-page-after',
  /** An answer whose token or source is none of its namespace; of a list, one entry. */
  'odd-item',
  /** Half of the answer's text. */
  'truncated',
  /** Somebody else's answer, with their request id. */
  'crossed',
  /** tokenize: another token than the one bound. prefetch: tokens that were handed out before. */
  'wrong-token',
  /** prefetch: fewer than asked, by `share`. */
  'short',
  /** prefetch: some tokens twice. */
  'duplicates',
  /** prefetch and tokenize on ns2: references that look like card numbers. */
  'card-like',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export const faultSchema = z.strictObject({
  operation: z.enum(OPERATIONS),
  namespace: z.optional(z.enum(NAMESPACES)),
  kind: z.enum(FAULT_KINDS),
  /** Share of calls that it strikes, 0-1. */
  rate: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  /** Or: the next so many calls. */
  count: z.optional(z.int().check(z.minimum(1))),
  delayMs: z._default(z.number().check(z.minimum(0), z.maximum(600_000)), 1_000),
  share: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.5),
});
export type FaultOrder = z.input<typeof faultSchema>;

export interface Fault extends z.output<typeof faultSchema> {
  readonly id: string;
}

/** The faults on order. Of several that fit a call the oldest strikes. */
export class Faults {
  readonly #random: () => number;
  #orders: (Fault & { left: number | null })[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Throws zod's error for an order that cannot be. Exactly one of `rate` and `count` has to be there. */
  order(order: FaultOrder): Fault {
    const fault = faultSchema.parse(order);
    if ((fault.rate === undefined) === (fault.count === undefined))
      throw new RangeError('A fault needs either a rate or a count.');
    const entry = { ...fault, id: randomUUID(), left: fault.count ?? null };
    this.#orders.push(entry);
    return entry;
  }

  list(): readonly Fault[] {
    return this.#orders;
  }

  /** Takes back all orders, or those of one operation. */
  clear(operation?: Operation): void {
    this.#orders = operation === undefined ? [] : this.#orders.filter((fault) => fault.operation !== operation);
  }

  /** The fault that strikes this call, if one does. */
  strike(namespace: Namespace, operation: Operation): Fault | null {
    for (const fault of this.#orders) {
      if (fault.operation !== operation || (fault.namespace ?? namespace) !== namespace) continue;
      if (fault.left === null) {
        if (this.#random() < (fault.rate ?? 0)) return fault;
      } else {
        fault.left -= 1;
        if (fault.left === 0) this.#orders = this.#orders.filter((other) => other !== fault);
        return fault;
      }
    }
    return null;
  }
}
