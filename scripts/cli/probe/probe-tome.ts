import type { TomeAccess } from '../../../lambdas/composition/tome-access.ts';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { TomeEndpoints } from '../../../lambdas/tome/client/tome-endpoints.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { WireCalls } from '../wire/wire-calls.ts';
import { askAccess } from './ask-access.ts';
import { askBinding } from './ask-binding.ts';
import { askForms } from './ask-forms.ts';
import { askMapping } from './ask-mapping.ts';
import { askOwnership } from './ask-ownership.ts';
import { askPrefetch, type IssuedToken } from './ask-prefetch.ts';
import { askRate } from './ask-rate.ts';
import { askReferences } from './ask-references.ts';
import type { Finding } from './finding.ts';
import { type ProbeTime, systemTime } from './probe-time.ts';
import { TomeCalls } from './tome-calls.ts';

export interface ProbeOptions {
  readonly url: string;
  /** Addresses, headers and authentication of this TOME. Its other lines are not used. */
  readonly draft: TomeProfile;
  /** What shows TOME who calls. */
  readonly access: TomeAccess;
  /** The first of two serial numbers of made-up cards that TOME does not have yet. */
  readonly serial: number;
  /** Tokens that each namespace is asked for. */
  readonly tokens: number;
  /** Whether to look for the rate limit, which takes thousands of calls. */
  readonly rate: boolean;
  /** The clocks of this process by default. Tests pass others. */
  readonly time?: ProbeTime;
}

export interface ProbeResult {
  readonly findings: readonly Finding[];
  readonly calls: number;
}

/** A made-up card number that is bound to nothing. */
const UNKNOWN_CARD = '4000000000000002';

/**
 * Asks a real TOME how it behaves where its contract is not confirmed
 * (docs/design.md#calling-tome): a dozen calls, which bind one made-up card and use up the tokens
 * of two prefetches. Rejects with a TomeError when TOME cannot be reached or its answer violates
 * the contract.
 */
export async function probeTome(options: ProbeOptions): Promise<ProbeResult> {
  const { url, draft, access, serial, tokens, rate, time = systemTime } = options;
  const { authentication, certificate } = access;
  const endpoints = new TomeEndpoints({ baseUrl: url, profile: draft, certificate }, systemClock);
  const wire = new WireCalls({ endpoints, authentication, clock: time });
  const tome = new TomeCalls(wire);
  const { finding, internalTokens, references } = await askPrefetch(tome, tokens);
  const [internalTexts, referenceTexts] = [internalTokens, references].map((issued) =>
    issued.map(({ token }) => token),
  ) as [string[], string[]];
  const findings: Finding[] = [
    finding,
    expiryOf([...internalTokens, ...references], time.dateMs()),
    ...askReferences(referenceTexts),
    ...askForms(internalTexts, referenceTexts),
  ];
  const [first, second, third] = internalTexts;
  if (first !== undefined && second !== undefined && third !== undefined) {
    const { findings: binding, bound } = await askBinding(tome, [first, second, third], serial);
    findings.push(...binding);
    const [reference, another] = referenceTexts;
    if (bound !== null && reference !== undefined && another !== undefined) {
      findings.push(...(await askMapping(tome, { bound, second, reference, another })));
    }
  }
  findings.push(
    askOwnership(tome.answers, draft),
    await askAccess(draft, () =>
      tome.send({ namespace: 'ns1', operation: 'lookup', body: { source: UNKNOWN_CARD }, authenticationHeaders: {} }),
    ),
    latencyOf(tome.answers.map(({ durationMs }) => durationMs)),
  );
  if (rate && third !== undefined) {
    findings.push(...(await askRate(tome, { cardNumber: UNKNOWN_CARD, internalToken: third }, time)));
  }
  return { findings, calls: tome.sent };
}

const MS_PER_HOUR = 3_600_000;

function expiryOf(tokens: readonly IssuedToken[], nowMs: number): Finding {
  const question = 'do unassigned tokens expire';
  if (tokens.length === 0) return { question, answer: 'no token came' };
  const soonest = Math.min(
    ...tokens.map(({ expiresAt }) => (expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt))),
  );
  // They can expire nevertheless, so this answers nothing.
  if (!Number.isFinite(soonest)) return { question, answer: 'the answers give no expiry' };
  const lifetimeMs = soonest - nowMs;
  const seconds = Math.max(0, Math.round(lifetimeMs / 1_000));
  // A tenth of their lifetime, and at most the default of one day.
  const margin = Math.min(86_400, Math.round(seconds / 10));
  const tokenLifetimeHours = Math.round(lifetimeMs / MS_PER_HOUR);
  return {
    question,
    answer: `after ${seconds} s`,
    setting: { name: 'EXPIRY_MARGIN_SECONDS', value: String(margin) },
    ...(tokenLifetimeHours >= 1 ? { lines: { tokenLifetimeHours } } : {}),
  };
}

/** The attempt timeout as a multiple of the slowest answer of the probe. */
const TIMEOUT_FACTOR = 10;

function latencyOf(durationsMs: readonly number[]): Finding {
  const sorted = durationsMs.toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const slowest = sorted.at(-1) ?? 0;
  const timeoutMs = Math.max(1_000, Math.ceil((slowest * TIMEOUT_FACTOR) / 100) * 100);
  return {
    question: 'how long does an answer take',
    answer: `${median.toFixed(0)} ms at the median, ${slowest.toFixed(0)} ms at most`,
    setting: { name: 'TOME_ATTEMPT_TIMEOUT_MS', value: String(timeoutMs) },
  };
}
