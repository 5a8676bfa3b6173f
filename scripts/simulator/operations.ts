import type { Namespace, Operation } from '../../lambdas/tome/contract/contract.ts';
import type { Fault } from './faults.ts';
import type { Switches } from './switches.ts';
import { cardLikeReference, oddSource, oddToken } from './token-format.ts';
import type { IssuedToken, Vault } from './vault.ts';

export interface Outcome {
  readonly status: number;
  readonly body: object;
  /** The name of the outcome in the ledger. */
  readonly name: string;
}

export interface Work {
  readonly vault: Vault;
  readonly switches: Switches;
  readonly random: () => number;
  readonly nowMs: number;
  readonly requestId: string;
  /** The fault of this call, if it changes what TOME does or answers. */
  readonly fault: Fault | null;
}

type Perform = (work: Work, body: never) => Outcome;

/** The effect of each operation on the vault, and its answer. */
export const operations: Readonly<Record<Operation, Perform>> = {
  prefetch: (work, { count }: { count: number }) => {
    const { vault, fault } = work;
    const given = fault?.kind === 'short' ? Math.floor(count * fault.share) : count;
    let tokens = fault?.kind === 'wrong-token' ? vault.issuedTokens().slice(0, given) : issue(work, given);
    if (fault?.kind === 'duplicates')
      tokens = tokens.map((token, index) => (index % 3 === 2 ? (tokens[0] ?? token) : token));
    const body = {
      tokens: tokens.map(({ token, expiresAtMs }) => ({
        token,
        ...(expiresAtMs === null ? {} : { expiresAt: new Date(expiresAtMs).toISOString() }),
      })),
    };
    return { status: 200, body, name: 'issued' };
  },

  tokenize: (work, { source, token }: { source: string; token?: string }) => {
    const { vault, requestId, nowMs, switches, fault, random } = work;
    let wanted = token;
    if (wanted === undefined && fault?.kind === 'card-like' && vault.namespace === 'ns2') {
      wanted = vault.issue(requestId, 1, nowMs, switches, () => cardLikeReference(random))[0]?.token;
    }
    const binding = vault.bind(source, wanted, requestId, nowMs, switches);
    switch (binding.outcome) {
      case 'bound': {
        const stranger = fault?.kind === 'wrong-token' ? vault.strangersToken() : undefined;
        const odd = fault?.kind === 'odd-item' ? oddToken(vault.namespace, random) : undefined;
        const body = { token: odd ?? stranger ?? binding.token, isNew: binding.isNew };
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
    const results = items.map(({ source, token }) => {
      if (random() < switches.bulkFailureRate) return { outcome: 'failed' };
      const binding = vault.bind(source, token, requestId, nowMs, switches);
      if (binding.outcome === 'bound') return binding;
      return binding.outcome === 'already-bound'
        ? { outcome: 'bound', token: binding.token, isNew: false }
        : { outcome: 'failed' };
    });
    if (fault?.kind === 'odd-item' && results.length > 0)
      results[0] = { outcome: 'bound', token: oddToken(vault.namespace, random), isNew: true };
    return { status: 200, body: { results }, name: 'bulk' };
  },

  detokenize: ({ vault, fault, random }, { token }: { token: string }) => {
    const source = vault.sourceOf(token);
    return found('source', fault?.kind === 'odd-item' ? source && oddSource(vault.namespace, random) : source);
  },

  lookup: ({ vault, fault, random }, { source }: { source: string }) => {
    const token = vault.tokenOf(source);
    return found('token', fault?.kind === 'odd-item' ? token && oddToken(vault.namespace, random) : token);
  },
};

/**
 * Issues unassigned tokens. A token with a wrong format is issued too, so that all tokens are
 * counted.
 */
function issue({ vault, requestId, nowMs, switches, fault, random }: Work, count: number): readonly IssuedToken[] {
  const issued = (number: number, make?: () => string) => vault.issue(requestId, number, nowMs, switches, make);
  if (fault?.kind === 'odd-item' && count > 0) {
    return [...issued(count - 1), ...issued(1, () => oddToken(vault.namespace, random))];
  }
  const isCardLike = fault?.kind === 'card-like' && vault.namespace === 'ns2';
  return issued(count, isCardLike ? () => cardLikeReference(random) : undefined);
}

const found = (field: 'source' | 'token', value: string | undefined): Outcome =>
  value === undefined
    ? { status: 404, body: { error: 'not-found' }, name: 'not-found' }
    : { status: 200, body: { [field]: value }, name: 'found' };

/** The answer to another request of the same operation, for the fault `crossed`. */
export function strangersAnswer(namespace: Namespace, operation: Operation, vault: Vault, own: object): object {
  const [source, token] = vault.bindings()[0] ?? [];
  if (source === undefined || token === undefined) return own;
  if (operation === 'detokenize') return { source };
  if (operation === 'lookup') return { token };
  return operation === 'tokenize' ? { token, isNew: namespace === 'ns1' } : own;
}
