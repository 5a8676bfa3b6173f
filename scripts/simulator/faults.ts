import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { NAMESPACES, type Namespace, OPERATIONS, type Operation } from '../../lambdas/tome/contract/contract.ts';

/**
 * The faults that can be injected. `before`: TOME did nothing. `after`: TOME did it, and only the
 * answer is lost.
 */
export const FAULT_KINDS = [
  /** The answer is `delayMs` late. */
  'slow',
  /** No answer; the connection stays open until the client closes it. */
  'timeout-before',
  'timeout-after',
  /** No answer; the effect occurs `delayMs` later. */
  'apply-late',
  'reset-before',
  'reset-after',
  'error-before',
  'error-after',
  /** 429 with Retry-After. */
  'rate-limited',
  /**
   * A gateway in front of TOME answers with its own page and without the request id; TOME does not
   * receive the call.
   */
  'edge-rate-limited',
  'gateway-page',
  'access-denied',
  'redirected',
  /** TOME executed the call, and a gateway replaced the answer by its own page. */
  'gateway-page-after',
  /** The token or source of the answer has the wrong format; in a list, one entry. */
  'odd-item',
  /** The first half of the answer. */
  'truncated',
  /** The answer to another request, with its request id. */
  'crossed',
  /** tokenize: another token than the bound one. prefetch: tokens that were issued before. */
  'wrong-token',
  /** prefetch: only a `share` of the requested tokens. */
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
  /** Share of calls that have the fault, 0-1. */
  rate: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  /** Or: the number of next calls that have the fault. */
  count: z.optional(z.int().check(z.minimum(1))),
  delayMs: z._default(z.number().check(z.minimum(0), z.maximum(600_000)), 1_000),
  share: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.5),
});
export type FaultOrder = z.input<typeof faultSchema>;

export interface Fault extends z.output<typeof faultSchema> {
  readonly id: string;
}

/** The active faults. When several match a call, the oldest is used. */
export class Faults {
  readonly #random: () => number;
  #orders: (Fault & { left: number | null })[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Throws zod's error for an invalid order, and RangeError unless exactly one of `rate` and
   * `count` is given.
   */
  order(order: FaultOrder): Fault {
    const fault = faultSchema.parse(order);
    if ((fault.rate === undefined) === (fault.count === undefined))
      throw new RangeError('A fault needs either rate or count.');
    const entry = { ...fault, id: randomUUID(), left: fault.count ?? null };
    this.#orders.push(entry);
    return entry;
  }

  list(): readonly Fault[] {
    return this.#orders;
  }

  /** Removes all faults, or those of one operation. */
  clear(operation?: Operation): void {
    this.#orders = operation === undefined ? [] : this.#orders.filter((fault) => fault.operation !== operation);
  }

  /** The fault of this call, or `null`. */
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
