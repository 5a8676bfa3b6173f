import { referenceRulesOf } from '../../../lambdas/composition/reference-rules.ts';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import { TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import type { Namespace } from '../../../lambdas/tome/contract/contract.ts';
import { madeUpCard } from '../../local/made-up-cards.ts';
import type { WireAnswer } from '../wire/wire-answer.ts';
import type { WireRequest } from '../wire/wire-calls.ts';
import { CallBudget } from './call-budget.ts';
import { anonymousVariables, type OpenTome, openTome, suiteSettings } from './open-tome.ts';
import { CallFailed } from './product-namespace.ts';
import { runSuite, type SuiteResult } from './run-suite.ts';
import type { Suite } from './suite.ts';
import type { SuiteContext, Wire } from './suite-context.ts';
import { TokenStock } from './token-stock.ts';

export interface ConformOptions {
  /** The variables of a function: TOME_URL, TOME_PROFILE, the credential and other settings. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Tokens that each namespace is asked for. */
  readonly tokens: number;
  readonly mostCalls: number;
  /** Seconds that a check may wait for an access token to expire; none by default. */
  readonly waitSeconds?: number;
  /** The number of the first made-up card. */
  readonly serial: number;
  /** For pauses. The clock of this process by default; tests pass another. */
  readonly clock?: Clock;
  readonly dateMs?: () => number;
}

export interface Conformance extends SuiteResult {
  readonly calls: number;
  readonly tokens: Readonly<Record<Namespace, number>>;
}

/** The share of the profile's rate at which the suite calls. */
const SHARE_OF_RATE = 0.1;

/** Runs the suite against a TOME. Rejects with InvalidSettings, and with TomeUnavailable. */
export async function conform(suite: Suite, options: ConformOptions): Promise<Conformance> {
  const { tokens, mostCalls, serial, waitSeconds = 0, clock = systemClock, dateMs = Date.now } = options;
  const settings = suiteSettings(options.environment);
  const profile = settings.TOME_PROFILE;
  const pauseMs = 1_000 / (profile.limits.callsPerSecond * SHARE_OF_RATE);
  const budget = new CallBudget({ mostCalls, pauseMs, clock });
  const answers: WireAnswer[] = [];
  const tome = await openTome(settings, budget, dateMs);
  const stock = { ns1: new TokenStock('ns1'), ns2: new TokenStock('ns2') };
  const cards = new Set<string>();
  const context: SuiteContext = {
    profile,
    referenceRules: referenceRulesOf(settings),
    tokens,
    product: tome.product,
    openProduct: async (as) => {
      const { environment } = options;
      const variables = as === 'anonymous' ? anonymousVariables(environment) : environment;
      return (await openTome(suiteSettings(variables), budget, dateMs)).product;
    },
    wire: wireOver(tome, budget, answers),
    stock,
    cards,
    waitSeconds,
    bound: {},
    clock,
    dateMs,
    freshSource(namespace) {
      if (namespace === 'ns2') return stock.ns1.take();
      const card = madeUpCard(serial + cards.size);
      cards.add(card);
      return card;
    },
  };
  const result = await runSuite(suite, context, answers);
  return { ...result, calls: budget.spent, tokens: { ns1: stock.ns1.issued.size, ns2: stock.ns2.issued.size } };
}

function wireOver({ wire, statusWithoutCertificate }: OpenTome, budget: CallBudget, answers: WireAnswer[]): Wire {
  const failed = (request: WireRequest) => (error: unknown) => {
    throw error instanceof TomeError ? new CallFailed(request.namespace, request.operation, error) : error;
  };
  const send = (request: WireRequest): Promise<WireAnswer> => wire.call(request).catch(failed(request));
  const callUnrecorded = async (request: WireRequest): Promise<WireAnswer> => {
    await budget.spend();
    return send(request);
  };
  return {
    callUnrecorded,
    credentialHeaders: (body) => {
      const request = { namespace: 'ns1', operation: 'lookup', body } as const;
      return wire.headersFor(request).catch(failed(request));
    },
    async statusWithoutCertificate(request) {
      await budget.spend();
      return statusWithoutCertificate(request).catch(failed(request));
    },
    async call(request) {
      const answer = await callUnrecorded(request);
      answers.push(answer);
      return answer;
    },
    async burst(requests) {
      budget.reserve(requests.length);
      return Promise.all(requests.map(send));
    },
  };
}
