import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Namespace } from '../../lambdas/tome/contract/contract.ts';
import type { Switches } from './switches.ts';
import { cardLikeToken, cardNumber, oddCardNumber, oddToken, randomToken } from './token-format.ts';
import type { Vault } from './vault.ts';

/** Bindings that were made outside the product, for example long before it existed. */
const elsewhereSchema = z.strictObject({
  /**
   * What is bound: card numbers; numbers on NS1 that are no card numbers; or internal tokens on NS2
   * that NS1 has never issued.
   */
  sources: z._default(z.enum(['cards', 'odd-cards', 'unknown-tokens']), 'cards'),
  /** The sources themselves. */
  given: z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(64)))),
  /** Or: how many are made up. */
  count: z.optional(z.int().check(z.minimum(1), z.maximum(100_000))),
  /**
   * The references that NS2 has bound to the internal tokens: none, or references as it issues
   * them, that look like card numbers, or that have no valid form.
   */
  references: z._default(z.enum(['none', 'usual', 'card-like', 'odd']), 'none'),
});
export type ElsewhereOrder = z.input<typeof elsewhereSchema>;

export interface BindingElsewhere {
  /** The card number, or the number in its place. Absent if NS1 has bound no card. */
  readonly source?: string;
  readonly internalToken: string;
  readonly reference?: string;
}

export interface ElsewhereParts {
  readonly vaults: Readonly<Record<Namespace, Vault>>;
  readonly switches: Switches;
  readonly random: () => number;
  readonly nowMs: number;
}

/**
 * Binds sources as another producer would. A source that is bound keeps its token. Throws zod's
 * error for an invalid order, and RangeError unless exactly one of `given` and `count` is given.
 */
export function bindElsewhere(order: ElsewhereOrder, parts: ElsewhereParts): readonly BindingElsewhere[] {
  const { sources, given, count, references } = elsewhereSchema.parse(order);
  if ((given === undefined) === (count === undefined))
    throw new RangeError('Exactly one of given and count is needed.');
  const { vaults, switches, random, nowMs } = parts;
  const requestId = randomUUID();
  const bind = (vault: Vault, source: string, make: () => string): string =>
    vault.tokenOf(source) ?? vault.bindElsewhere(source, unissued(vault, make), requestId, nowMs, switches);
  const internalToken = (): string => randomToken(vaults.ns1.form, null, random);
  const reference = (): string => {
    const { form } = vaults.ns2;
    if (references === 'odd') return oddToken(form, true, random);
    const cardLike = references === 'card-like' ? cardLikeToken(form, true, random) : null;
    return cardLike ?? randomToken(form, switches.references, random);
  };
  const made = { cards: cardNumber, 'odd-cards': oddCardNumber, 'unknown-tokens': internalToken }[sources];
  return (given ?? Array.from({ length: count ?? 0 }, () => made(random))).map((source) => {
    if (sources === 'unknown-tokens') return { internalToken: source, reference: bind(vaults.ns2, source, reference) };
    const token = bind(vaults.ns1, source, internalToken);
    const bound = { source, internalToken: token };
    return references === 'none' ? bound : { ...bound, reference: bind(vaults.ns2, token, reference) };
  });
}

/** A token that the namespace has not issued. */
function unissued(vault: Vault, make: () => string): string {
  for (;;) {
    const token = make();
    if (!vault.isIssued(token)) return token;
  }
}
