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
  /**
   * prefetch and tokenize: tokens that look like card numbers. On ns1 only if the profile's form
   * has such tokens.
   */
  'card-like',
  /**
   * tokenize and bulk tokenize: an unbound source is bound to itself, and is its own token from
   * then on. lookup and detokenize: the answer is what was asked for. prefetch: tokens of the other
   * namespace.
   */
  'same-as-source',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** The endpoint that gives access tokens, where the profile has one. It belongs to no namespace. */
const TOKEN_ENDPOINT = 'access-token';

/** The faults of the token endpoint. `gateway-page` is HTML; `truncated` is half of the JSON. */
const TOKEN_ENDPOINT_KINDS = [
  'slow',
  'timeout-before',
  'reset-before',
  'error-before',
  'rate-limited',
  'gateway-page',
  'access-denied',
  'truncated',
  /** The access token expires after a second. */
  'short-lived',
  /** JSON without an access token. */
  'wrong-json',
] as const;
export type TokenEndpointFaultKind = (typeof TOKEN_ENDPOINT_KINDS)[number];

const faultSchema = z.strictObject({
  operation: z.enum([...OPERATIONS, TOKEN_ENDPOINT]),
  namespace: z.optional(z.enum(NAMESPACES)),
  kind: z.enum([...FAULT_KINDS, ...TOKEN_ENDPOINT_KINDS]),
  /** Share of calls that have the fault, 0-1. */
  rate: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  /** Or: the number of next calls that have the fault. */
  count: z.optional(z.int().check(z.minimum(1))),
  delayMs: z._default(z.number().check(z.minimum(0), z.maximum(600_000)), 1_000),
  share: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.5),
});
export type FaultOrder = z.input<typeof faultSchema>;

/** A fault that was ordered. */
type OrderedFault = z.output<typeof faultSchema> & { readonly id: string };

export type Fault = OrderedFault & { readonly kind: FaultKind };
export type TokenEndpointFault = OrderedFault & { readonly kind: TokenEndpointFaultKind };

/** Whether the kind is one of the operation's. */
const isKindOf = ({ operation, namespace, kind }: z.output<typeof faultSchema>): boolean =>
  operation === TOKEN_ENDPOINT
    ? namespace === undefined && (TOKEN_ENDPOINT_KINDS as readonly string[]).includes(kind)
    : (FAULT_KINDS as readonly string[]).includes(kind);

/** The active faults. When several match a call, the oldest is used. */
export class Faults {
  readonly #random: () => number;
  #orders: (OrderedFault & { left: number | null })[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Throws zod's error for an invalid order, and RangeError unless exactly one of `rate` and
   * `count` is given, and the operation has this fault.
   */
  order(order: FaultOrder): OrderedFault {
    const fault = faultSchema.parse(order);
    if ((fault.rate === undefined) === (fault.count === undefined))
      throw new RangeError('A fault needs either rate or count.');
    if (!isKindOf(fault)) throw new RangeError('The operation does not have this fault.');
    const entry = { ...fault, id: randomUUID(), left: fault.count ?? null };
    this.#orders.push(entry);
    return entry;
  }

  list(): readonly OrderedFault[] {
    return this.#orders;
  }

  /** Removes all faults, or those of one operation. */
  clear(operation?: FaultOrder['operation']): void {
    this.#orders = operation === undefined ? [] : this.#orders.filter((fault) => fault.operation !== operation);
  }

  /** The fault of this call, or `null`. */
  strike(namespace: Namespace, operation: Operation): Fault | null {
    return this.#next(
      (fault) => fault.operation === operation && (fault.namespace ?? namespace) === namespace,
    ) as Fault | null;
  }

  /** The fault of this request for an access token, or `null`. */
  strikeTokenEndpoint(): TokenEndpointFault | null {
    return this.#next(({ operation }) => operation === TOKEN_ENDPOINT) as TokenEndpointFault | null;
  }

  #next(matches: (fault: OrderedFault) => boolean): OrderedFault | null {
    for (const fault of this.#orders) {
      if (!matches(fault)) continue;
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
