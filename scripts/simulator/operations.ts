import type { Namespace, Operation } from '../../lambdas/tome/contract/contract.ts';
import type { Fault } from './faults.ts';
import type { Switches } from './switches.ts';
import { cardLikeToken, oddCardNumber, oddToken } from './token-format.ts';
import type { IssuedToken, Vault } from './vault.ts';

export interface Outcome {
  readonly status: number;
  readonly body: object;
  /** The name of the outcome in the ledger. */
  readonly name: string;
}

export interface Work {
  readonly vault: Vault;
  /** The vault of the other namespace. */
  readonly otherVault: Vault;
  readonly switches: Switches;
  readonly random: () => number;
  readonly nowMs: number;
  readonly requestId: string;
  /** The fault of this call, if it changes what TOME does or answers. */
  readonly fault: Fault | null;
}

type Perform = (work: Work, body: never) => Outcome;

/**
 * Tokens that were issued before. A token that equals a source is not issued again: the receiver
 * could not know that it is, for example, a card number.
 */
const tokensToIssueAgain = (vault: Vault): readonly IssuedToken[] =>
  vault.issuedTokens().filter(({ token }) => vault.tokenOf(token) === undefined);

/** The effect of each operation on the vault, and its answer. */
export const operations: Readonly<Record<Operation, Perform>> = {
  prefetch: (work, { count }: { count: number }) => {
    const { vault, fault, switches } = work;
    const given = fault?.kind === 'short' ? Math.floor(count * fault.share) : count;
    let tokens = fault?.kind === 'wrong-token' ? tokensToIssueAgain(vault).slice(0, given) : issue(work, given);
    if (fault?.kind === 'duplicates')
      tokens = tokens.map((token, index) => (index % 3 === 2 ? (tokens[0] ?? token) : token));
    const body = {
      tokens: tokens.map(({ token, expiresAtMs }) => ({
        token,
        ...(expiresAtMs === null || switches.expiry === 'unstated'
          ? {}
          : { expiresAt: new Date(expiresAtMs).toISOString() }),
      })),
    };
    return { status: 200, body, name: 'issued' };
  },

  tokenize: (work, { source, token }: { source: string; token?: string }) => {
    const { vault, requestId, nowMs, switches, fault, random } = work;
    let wanted = token;
    if (wanted === undefined && fault?.kind === 'card-like' && vault.tokenOf(source) === undefined) {
      wanted = issue(work, 1)[0]?.token;
    }
    // An unbound source is bound to itself, so every later answer names it too.
    if (fault?.kind === 'same-as-source') vault.bindElsewhere(source, source, requestId, nowMs, switches);
    const binding = vault.bind(source, wanted, requestId, nowMs, switches);
    switch (binding.outcome) {
      case 'bound': {
        const stranger = fault?.kind === 'wrong-token' ? vault.strangersToken() : undefined;
        const named = wrongAnswer(fault, stranger ?? binding.token, source, () => oddTokenOf(vault, random));
        const body = { token: named, isNew: binding.isNew };
        return { status: 200, body, name: binding.isNew ? 'bound' : 'repeated' };
      }
      case 'already-bound':
        return switches.alreadyBound === 'echo'
          ? { status: 200, body: { token: binding.token, isNew: false }, name: 'already-bound' }
          : { status: 409, body: { error: 'already-bound', token: binding.token }, name: 'already-bound' };
      case 'token-taken':
        return { status: 409, body: { error: 'token-taken' }, name: 'token-taken' };
      case 'unknown-token':
        return { status: 400, body: { error: 'bad-request' }, name: 'unknown-token' };
    }
  },

  'bulk-tokenize': (work, { items }: { items: readonly { source: string; token: string }[] }) => {
    const { vault, requestId, nowMs, switches, random, fault } = work;
    if (switches.bulkTokenize === 'absent')
      return { status: 404, body: { error: 'operation-absent' }, name: 'operation-absent' };
    const [first] = items;
    if (fault?.kind === 'same-as-source' && first !== undefined)
      vault.bindElsewhere(first.source, first.source, requestId, nowMs, switches);
    const results = items.map(({ source, token }) => {
      if (random() < switches.bulkFailureRate) return { outcome: 'failed' };
      const binding = vault.bind(source, token, requestId, nowMs, switches);
      if (binding.outcome === 'bound') return binding;
      return binding.outcome === 'already-bound'
        ? { outcome: 'bound', token: binding.token, isNew: false }
        : { outcome: 'failed' };
    });
    if (fault?.kind === 'odd-item' && results.length > 0)
      results[0] = { outcome: 'bound', token: oddTokenOf(vault, random), isNew: true };
    return { status: 200, body: { results }, name: 'bulk' };
  },

  detokenize: ({ vault, otherVault, fault, random }, { token }: { token: string }) => {
    const source = vault.sourceOf(token);
    const makeOdd = (): string =>
      vault.namespace === 'ns1' ? oddCardNumber(random) : oddToken(otherVault.form, false, random);
    return found('source', source && wrongAnswer(fault, source, token, makeOdd));
  },

  lookup: ({ vault, fault, random }, { source }: { source: string }) => {
    const token = vault.tokenOf(source);
    return found('token', token && wrongAnswer(fault, token, source, () => oddTokenOf(vault, random)));
  },
};

/** The right token or source, what was asked for itself, or a text without a valid form. */
function wrongAnswer(fault: Fault | null, right: string, asked: string, makeOdd: () => string): string {
  if (fault?.kind === 'same-as-source') return asked;
  return fault?.kind === 'odd-item' ? makeOdd() : right;
}

const oddTokenOf = ({ form, namespace }: Vault, random: () => number): string =>
  oddToken(form, namespace === 'ns2', random);

/**
 * Issues unassigned tokens. A token with a wrong format is issued too, so that all tokens are
 * counted.
 */
function issue(work: Work, count: number): readonly IssuedToken[] {
  const { vault, requestId, nowMs, switches, fault, random } = work;
  const issued = (number: number, make?: () => string | null) => vault.issue(requestId, number, nowMs, switches, make);
  switch (fault?.kind) {
    case 'odd-item':
      return count === 0 ? [] : [...issued(count - 1), ...issued(1, () => oddTokenOf(vault, random))];
    case 'card-like':
      return issued(count, () => cardLikeToken(vault.form, vault.namespace === 'ns2', random));
    case 'same-as-source': {
      const taken = tokensOfOther(work, count);
      return [...vault.issueThese(requestId, taken, nowMs, switches), ...issued(count - taken.length)];
    }
    default:
      return issued(count);
  }
}

/** Up to `count` tokens of the other namespace that this one has not issued. */
const tokensOfOther = ({ vault, otherVault }: Work, count: number): readonly string[] =>
  otherVault
    .issuedTokens()
    .map(({ token }) => token)
    .filter((token) => !vault.isIssued(token))
    .slice(0, count);

const found = (field: 'source' | 'token', value: string | undefined): Outcome =>
  value === undefined
    ? { status: 404, body: { error: 'not-found' }, name: 'not-found' }
    : { status: 200, body: { [field]: value }, name: 'found' };

/** Another request of the same operation and its answer, for the fault `crossed`. */
export function strangersExchange(
  namespace: Namespace,
  operation: Operation,
  vault: Vault,
): { readonly request: object; readonly answer: object } | null {
  const [source, token] = vault.bindings()[0] ?? [];
  if (source === undefined || token === undefined) return null;
  switch (operation) {
    case 'detokenize':
      return { request: { token }, answer: { source } };
    case 'lookup':
      return { request: { source }, answer: { token } };
    case 'tokenize':
      return { request: { source }, answer: { token, isNew: namespace === 'ns1' } };
    default:
      return null;
  }
}
