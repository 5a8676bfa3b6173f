import type { ReferenceRules } from '../../../lambdas/tokenization/model/reference-rules.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import type { AuthenticationHeaders } from '../../../lambdas/tome/client/authentication/authentication.ts';
import type { Namespace } from '../../../lambdas/tome/contract/contract.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { WireAnswer } from '../wire/wire-answer.ts';
import type { WireRequest } from '../wire/wire-calls.ts';
import type { ProductNamespaces } from './product-namespace.ts';
import type { TokenStock } from './token-stock.ts';

/** A binding that one check made and others use. */
export interface BoundPair {
  readonly source: string;
  readonly token: string;
}

/** Requests with their answers as received. Each rejects with CallFailed, and with CallsSpent. */
export interface Wire {
  /** The answer is recorded: the rules for all calls are judged by it too. */
  call(request: WireRequest): Promise<WireAnswer>;
  /** For requests that TOME should refuse, or that are given up. */
  callUnrecorded(request: WireRequest): Promise<WireAnswer>;
  /** The headers that show who sends a lookup with this body to NS1. */
  credentialHeaders(body: object): Promise<AuthenticationHeaders>;
  /** The status for a caller without a client certificate; `null` without an answer. */
  statusWithoutCertificate(request: WireRequest): Promise<number | null>;
  /** Sends all requests at once and records no answer. */
  burst(requests: readonly WireRequest[]): Promise<readonly WireAnswer[]>;
}

/** What the checks work with. */
export interface SuiteContext {
  readonly profile: TomeProfile;
  /** What the product requires of a new reference. */
  readonly referenceRules: ReferenceRules;
  /** Seconds that a check may wait for an access token to expire. */
  readonly waitSeconds: number;
  /** Tokens that each namespace is asked for. */
  readonly tokens: number;
  readonly product: ProductNamespaces;
  /** Another client of the product, with an access token of its own or without a credential. */
  readonly openProduct: (as: 'another-process' | 'anonymous') => Promise<ProductNamespaces>;
  readonly wire: Wire;
  readonly stock: Readonly<Record<Namespace, TokenStock>>;
  /** A source that no check has used: a made-up card number, or an unassigned internal token. */
  readonly freshSource: (namespace: Namespace) => string;
  /** The card numbers that were used so far. */
  readonly cards: ReadonlySet<string>;
  /** The binding that the check `NAMESPACE.bind` has made. */
  readonly bound: Partial<Record<Namespace, BoundPair>>;
  /** For pauses. */
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly dateMs: () => number;
}
