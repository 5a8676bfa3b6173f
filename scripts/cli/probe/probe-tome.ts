import { askBinding } from './ask-binding.ts';
import { askRate } from './ask-rate.ts';
import { askReferences } from './ask-references.ts';
import type { Finding } from './finding.ts';
import { type ProbeTime, systemTime } from './probe-time.ts';
import { TomeCalls } from './tome-calls.ts';

export interface ProbeOptions {
  readonly url: string;
  /** The first of two serial numbers of made-up cards that TOME does not have yet. */
  readonly serial: number;
  /** Whether to look for the rate limit, which takes hundreds of calls. */
  readonly rate: boolean;
  /** The clocks of this process by default. Tests pass others. */
  readonly time?: ProbeTime;
}

export interface ProbeResult {
  readonly findings: readonly Finding[];
  readonly calls: number;
}

const INTERNAL_TOKENS = 3;
const REFERENCES = 20;

/**
 * Asks a real TOME how it behaves where its contract is not confirmed
 * (docs/design.md#calling-tome): a dozen calls, which bind one made-up card and use up 23 tokens.
 * Rejects with a TomeError when TOME cannot be reached or its answer violates the contract.
 */
export async function probeTome({ url, serial, rate, time = systemTime }: ProbeOptions): Promise<ProbeResult> {
  const tome = new TomeCalls(url, time);
  const internal = await tome.call('ns1', 'prefetch', { count: INTERNAL_TOKENS });
  const external = await tome.call('ns2', 'prefetch', { count: REFERENCES });
  const internalTokens = internal.status === 200 ? internal.answer.tokens : [];
  const references = external.status === 200 ? external.answer.tokens : [];
  const findings: Finding[] = [
    {
      question: 'tokens of one prefetch call',
      answer: `NS1 ${internalTokens.length} of ${INTERNAL_TOKENS}, NS2 ${references.length} of ${REFERENCES}`,
      isForbidding: internalTokens.length < INTERNAL_TOKENS || references.length === 0,
    },
    expiryOf([...internalTokens, ...references], time.dateMs()),
    ...askReferences(references.map(({ token }) => token)),
  ];
  const [first, second, third] = internalTokens.map(({ token }) => token);
  if (first !== undefined && second !== undefined && third !== undefined) {
    const { findings: binding, bound } = await askBinding(tome, [first, second, third], serial);
    findings.push(...binding);
    const [reference, another] = references;
    if (bound !== null && reference !== undefined && another !== undefined) {
      findings.push(...(await askMapping(tome, { bound, second, reference: reference.token, another: another.token })));
    }
  }
  findings.push(latencyOf(tome.durationsMs));
  if (rate) findings.push(...(await askRate(tome)));
  return { findings, calls: tome.durationsMs.length };
}

function expiryOf(tokens: readonly { readonly expiresAt?: string | undefined }[], nowMs: number): Finding {
  const question = 'do unassigned tokens expire';
  const soonest = Math.min(
    ...tokens.map(({ expiresAt }) => (expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt))),
  );
  if (!Number.isFinite(soonest)) return { question, answer: 'the answers give no expiry' };
  const seconds = Math.max(0, Math.round((soonest - nowMs) / 1_000));
  // A tenth of their lifetime, and at most the default of one day.
  const margin = Math.min(86_400, Math.round(seconds / 10));
  return { question, answer: `after ${seconds} s`, setting: { name: 'EXPIRY_MARGIN_SECONDS', value: String(margin) } };
}

/** Whether NS2 binds an internal token, with `tokenize` and with `bulk-tokenize`. */
async function askMapping(
  tome: TomeCalls,
  tokens: { readonly bound: string; readonly second: string; readonly reference: string; readonly another: string },
): Promise<readonly Finding[]> {
  const mapped = await tome.call('ns2', 'tokenize', { source: tokens.bound, token: tokens.reference });
  const isMapped = mapped.status === 200 && mapped.answer.token === tokens.reference;
  const bulk = await tome.call('ns2', 'bulk-tokenize', { items: [{ source: tokens.second, token: tokens.another }] });
  return [
    {
      question: 'does NS2 bind an internal token to the reference asked for',
      answer: isMapped
        ? 'yes'
        : mapped.status === 200
          ? 'another reference'
          : `${mapped.status} ${mapped.refusal.error}`,
      isForbidding: !isMapped,
    },
    {
      question: 'is there bulk tokenize',
      answer: bulk.status === 200 ? 'yes' : `no (${bulk.status} ${bulk.refusal.error})`,
      setting: { name: 'PREFETCH_BULK_TOKENIZE', value: String(bulk.status === 200) },
    },
  ];
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
