import { Agent } from 'node:http';
import { FAULT_KINDS, type FaultOrder } from '../../scripts/simulator/faults.ts';
import { seededRandom } from '../../scripts/simulator/seeded-random.ts';
import { countTraces } from './card-traces.ts';
import { exchange } from './exchange.ts';
import { Dice, type FuzzAnswer, type FuzzRequest } from './fuzz-request.ts';
import { faultsOf, parsed, routeOf } from './judge.ts';
import { RequestGenerator } from './request-generator.ts';

export interface FuzzOptions {
  /** The local stack's address. */
  readonly url: string;
  readonly requests: number;
  readonly seed: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Everything that the process wrote; read at the end. */
  readonly output: () => string;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzResult {
  /** How many answers of each status there were. */
  readonly statuses: Readonly<Record<string, number>>;
  /** What went wrong, without what was sent. Empty when nothing did. */
  readonly violations: readonly string[];
}

/** Requests between two orders of a fault at TOME. */
const REQUESTS_PER_FAULT = 40;

/** Faults that end by themselves within moments; the others only make the run long. */
const QUICK_FAULTS = FAULT_KINDS.filter((kind) => !/^(timeout|apply-late|short|duplicates)/.test(kind));

/**
 * Sends sound and spoilt requests to a local stack while its TOME misbehaves now and then, and judges each answer by the published file: a
 * documented status and code in the form of a problem, no 5xx but 502 and 503, no card number where none belongs, one
 * reference for each card.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { url, requests, seed, concurrency, output, onProgress } = options;
  const base = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const generator = new RequestGenerator(seededRandom(seed));
  const dice = new Dice(seededRandom(seed + 1));
  const statuses: Record<string, number> = {};
  const violations: string[] = [];
  const referenceOf = new Map<string, string>();
  const cardOf = new Map<string, string>();

  const note = (what: string, request: FuzzRequest, answer: FuzzAnswer | null): void => {
    if (violations.length < 50)
      violations.push(`${what} (${request.what}; ${request.method}; status ${answer?.status ?? 'none'})`);
  };

  const believe = (request: FuzzRequest, answer: FuzzAnswer): void => {
    const body = answer.status < 300 ? parsed(answer.text) : null;
    const reference = body?.['cardReferenceId'];
    if (request.card === null || typeof reference !== 'string') return;
    if ((referenceOf.get(request.card) ?? reference) !== reference)
      note('a second reference for a card', request, answer);
    if ((cardOf.get(reference) ?? request.card) !== request.card) note('one reference for two cards', request, answer);
    if (!referenceOf.has(request.card)) generator.learn({ card: request.card, reference });
    referenceOf.set(request.card, reference);
    cardOf.set(reference, request.card);
  };

  const judge = (request: FuzzRequest, answer: FuzzAnswer | null): void => {
    const status = String(answer?.status ?? 'none');
    statuses[status] = (statuses[status] ?? 0) + 1;
    for (const fault of faultsOf(request, answer)) note(fault, request, answer);
    if (answer === null) return;
    believe(request, answer);
    const mayDisclose = answer.status === 200 && routeOf(request)?.operation === 'detokenize';
    const said = mayDisclose ? JSON.stringify(answer.headers) : JSON.stringify(answer.headers) + answer.text;
    if (countTraces(said, generator.cards) > 0) note('a card number in an answer', request, answer);
  };

  let started = 0;
  const client = async (): Promise<void> => {
    while (started < requests) {
      started += 1;
      const number = started;
      if (number % 1_000 === 0) onProgress?.(number);
      if (number % REQUESTS_PER_FAULT === 0) await orderFault(base, dice);
      const request = generator.next();
      judge(request, await exchange(base, request, agent));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  agent.destroy();
  const traces = countTraces(output(), generator.cards);
  if (traces > 0) violations.push(`${traces} card numbers in what the process wrote`);
  return { statuses, violations };
}

/** The next few calls of one operation fail in one way, on one namespace or both. */
async function orderFault(base: URL, dice: Dice): Promise<void> {
  const order: FaultOrder = {
    operation: dice.of(['tokenize', 'lookup', 'detokenize']),
    kind: QUICK_FAULTS[dice.below(QUICK_FAULTS.length)] ?? 'error-before',
    count: 1 + dice.below(24),
    delayMs: 20,
    ...(dice.chance(0.5) ? { namespace: dice.of(['ns1', 'ns2']) } : {}),
  };
  await fetch(new URL('/_local/tome/faults', base), { method: 'POST', body: JSON.stringify(order) });
}
