import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import type {
  BulkTokenizeResult,
  PrefetchAnswer,
  TokenizeAnswer,
  Tome,
  TomeCall,
  TomeNamespace,
} from '../../../lambdas/tokenization/ports/tome.ts';
import { TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import { CredentialUnavailable } from '../../../lambdas/tome/client/failures.ts';
import type { Namespace, Operation } from '../../../lambdas/tome/contract/contract.ts';
import type { CallBudget } from './call-budget.ts';

/** A call that gave no answer, with what the product makes of it. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly namespace: Namespace;
  readonly operation: Operation;
  readonly failure: TomeError;

  constructor(namespace: Namespace, operation: Operation, failure: TomeError) {
    const reason = failure instanceof CredentialUnavailable ? 'no credential could be had' : failure.code;
    super(`${namespace.toUpperCase()} ${operation}: ${reason}`);
    this.namespace = namespace;
    this.operation = operation;
    this.failure = failure;
  }
}

/**
 * A namespace as the product's client sees it, with sources and tokens as texts, so that one check
 * serves both namespaces. Each method rejects with CallFailed, and with CallsSpent.
 */
export interface ProductNamespace {
  prefetch(count: number): Promise<PrefetchAnswer<string>>;
  /** `null` lets TOME choose the token. */
  tokenize(source: string, token: string | null): Promise<TokenizeAnswer<string>>;
  lookup(source: string): Promise<string | null>;
  detokenize(token: string): Promise<string | null>;
  bulkTokenize(
    items: readonly { readonly source: string; readonly token: string }[],
  ): Promise<readonly BulkTokenizeResult<string>[] | null>;
}

/** Both namespaces as the product's client sees them. */
export type ProductNamespaces = Readonly<Record<Namespace, ProductNamespace>>;

/** Longer than the product waits for one attempt. */
const DEADLINE_MS = 60_000;

/** Both namespaces over the product's client. */
export function productNamespaces(
  tome: Tome,
  budget: CallBudget,
  clock: Clock,
  correlationId: string,
): ProductNamespaces {
  const callOf = (): TomeCall => ({ deadlineMs: clock.monotonicMs() + DEADLINE_MS, lane: 'live', correlationId });
  return {
    ns1: over(
      'ns1',
      tome.ns1,
      { budget, callOf },
      (text) => CardNumber.parse(text),
      (card) => card.reveal(),
    ),
    ns2: over(
      'ns2',
      tome.ns2,
      { budget, callOf },
      (text) => text as InternalToken,
      (token) => token,
    ),
  };
}

function over<Source, Token extends InternalToken | CardReference>(
  namespace: Namespace,
  port: TomeNamespace<Source, Token>,
  { budget, callOf }: { readonly budget: CallBudget; readonly callOf: () => TomeCall },
  sourceOf: (text: string) => Source,
  textOf: (source: Source) => string,
): ProductNamespace {
  const paid = async <Answer>(operation: Operation, send: (call: TomeCall) => Promise<Answer>): Promise<Answer> => {
    await budget.spend();
    try {
      return await send(callOf());
    } catch (error) {
      throw error instanceof TomeError ? new CallFailed(namespace, operation, error) : error;
    }
  };
  return {
    prefetch: (count) => paid('prefetch', (call) => port.prefetch(count, call)),
    tokenize: (source, token) =>
      paid('tokenize', (call) => port.tokenize(sourceOf(source), token as Token | null, call)),
    lookup: (source) => paid('lookup', (call) => port.lookup(sourceOf(source), call)),
    detokenize: (token) =>
      paid('detokenize', async (call) => {
        const source = await port.detokenize(token as Token, call);
        return source === null ? null : textOf(source);
      }),
    bulkTokenize: (items) =>
      paid('bulk-tokenize', (call) =>
        port.bulkTokenize(
          items.map(({ source, token }) => ({ source: sourceOf(source), token: token as Token })),
          call,
        ),
      ),
  };
}
