import { randomUUID } from 'node:crypto';
import { referenceRulesOf } from '../../../lambdas/composition/reference-rules.ts';
import { composeTome } from '../../../lambdas/composition/tome.ts';
import { composeTomeAccess } from '../../../lambdas/composition/tome-access.ts';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { withDistinctTexts } from '../../../lambdas/tokenization/distinct-texts.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import { TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import { TomeEndpoints } from '../../../lambdas/tome/client/tome-endpoints.ts';
import type { Namespace } from '../../../lambdas/tome/contract/contract.ts';
import { madeUpCard } from '../../local/made-up-cards.ts';
import type { WireAnswer } from '../wire/wire-answer.ts';
import { WireCalls, type WireRequest } from '../wire/wire-calls.ts';
import { CallBudget } from './call-budget.ts';
import { CallFailed, productNamespaces } from './product-namespace.ts';
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

/**
 * Settings that differ from the product's: one attempt for each call, so that a fault is seen and
 * not repeated, and no breaker that would refuse the calls after it. The suite limits its rate
 * itself and makes no batch calls.
 */
const OWN_SETTINGS = {
  TOME_MAX_ATTEMPTS: '1',
  TOME_RETRY_RATIO: '0',
  TOME_BREAKER_FAILURES: '1000',
  TOME_BATCH_CALLS_PER_SECOND: '1',
  TOME_LIVE_CALLS_PER_SECOND: '0',
};

/** The share of the profile's rate at which the suite calls. */
const SHARE_OF_RATE = 0.1;

/** Runs the suite against a TOME. Rejects with InvalidSettings, and with TomeUnavailable. */
export async function conform(suite: Suite, options: ConformOptions): Promise<Conformance> {
  const { tokens, mostCalls, serial, clock = systemClock, dateMs = Date.now } = options;
  const settings = readSettings(['domain', 'tome'], { ...options.environment, ...OWN_SETTINGS });
  const profile = settings.TOME_PROFILE;
  const pauseMs = 1_000 / (profile.limits.callsPerSecond * SHARE_OF_RATE);
  const budget = new CallBudget({ mostCalls, pauseMs, clock });
  const answers: WireAnswer[] = [];
  const access = await composeTomeAccess(settings);
  const { authentication, certificate } = access;
  const endpoints = new TomeEndpoints({ baseUrl: settings.TOME_URL, profile, certificate }, systemClock);
  const stock = { ns1: new TokenStock('ns1'), ns2: new TokenStock('ns2') };
  const cards = new Set<string>();
  const context: SuiteContext = {
    profile,
    referenceRules: referenceRulesOf(settings),
    tokens,
    // Not `clock`: the client measures its deadlines with the clock of the process.
    product: productNamespaces(
      withDistinctTexts(await composeTome(settings, access)),
      budget,
      systemClock,
      `conformance-${randomUUID()}`,
    ),
    wire: wireOver(
      new WireCalls({ endpoints, authentication, clock: systemClock, timeoutMs: settings.TOME_ATTEMPT_TIMEOUT_MS }),
      budget,
      answers,
    ),
    stock,
    cards,
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

function wireOver(calls: WireCalls, budget: CallBudget, answers: WireAnswer[]): Wire {
  const send = async (request: WireRequest): Promise<WireAnswer> => {
    try {
      return await calls.call(request);
    } catch (error) {
      throw error instanceof TomeError ? new CallFailed(request.namespace, request.operation, error) : error;
    }
  };
  const callUnrecorded = async (request: WireRequest): Promise<WireAnswer> => {
    await budget.spend();
    return send(request);
  };
  return {
    callUnrecorded,
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
