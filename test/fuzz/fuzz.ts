import { Agent } from 'node:http';
import type { SampleDomain } from '../../scripts/local/sample-domain.ts';
import { FAULT_KINDS, type FaultOrder } from '../../scripts/simulator/faults.ts';
import { seededRandom } from '../../scripts/simulator/seeded-random.ts';
import { faultsOf, parsed, routeOf } from './answer-faults.ts';
import { countTraces } from './card-traces.ts';
import { exchange } from './exchange.ts';
import type { FuzzAnswer, FuzzRequest } from './fuzz-request.ts';
import { RandomChoice } from './random-choice.ts';
import { RequestGenerator } from './request-generator.ts';

export interface FuzzOptions {
  /** The address of the local stack. */
  readonly url: string;
  readonly domain: SampleDomain;
  readonly requests: number;
  readonly seed: number;
  /** How many requests run at once. */
  readonly concurrency: number;
  /** Returns what the process wrote to its standard streams. Called at the end. */
  readonly output: () => string;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzResult {
  /** The number of answers for each status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** One sentence for each violation, without a value that was sent. */
  readonly violations: readonly string[];
}

/** After so many requests the simulator gets another fault. */
const REQUESTS_PER_FAULT = 40;

/** Faults without a timeout. The others would only make the run long. */
const QUICK_FAULTS = FAULT_KINDS.filter((kind) => !/^(timeout|apply-late|short|duplicates)/.test(kind));

/**
 * Sends valid and invalid requests to a local stack whose TOME has faults, and compares each answer
 * with its published file: status and code are documented, no 5xx except 502 and 503, no card
 * number except in an answer of detokenize, and one reference for each card.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { url, domain, requests, seed, concurrency, output, onProgress } = options;
  const { vocabulary } = domain;
  const base = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const generator = new RequestGenerator(seededRandom(seed), domain);
  const random = new RandomChoice(seededRandom(seed + 1));
  const statuses: Record<string, number> = {};
  const violations: string[] = [];
  const referenceOf = new Map<string, string>();
  const cardOf = new Map<string, string>();

  const addViolation = (fault: string, request: FuzzRequest, answer: FuzzAnswer | null): void => {
    if (violations.length < 50)
      violations.push(`${fault} (${request.description}; ${request.method}; status ${answer?.status ?? 'none'})`);
  };

  const checkReference = (request: FuzzRequest, answer: FuzzAnswer): void => {
    const body = answer.status < 300 ? parsed(answer.text) : null;
    const reference = body?.[vocabulary.fields.reference.name];
    if (request.card === null || typeof reference !== 'string') return;
    if ((referenceOf.get(request.card) ?? reference) !== reference)
      addViolation('a second reference for one card', request, answer);
    if ((cardOf.get(reference) ?? request.card) !== request.card)
      addViolation('one reference for two cards', request, answer);
    if (!referenceOf.has(request.card)) generator.learn({ card: request.card, reference });
    referenceOf.set(request.card, reference);
    cardOf.set(reference, request.card);
  };

  const checkAnswer = (request: FuzzRequest, answer: FuzzAnswer | null): void => {
    const status = String(answer?.status ?? 'none');
    statuses[status] = (statuses[status] ?? 0) + 1;
    for (const fault of faultsOf(request, answer, vocabulary)) addViolation(fault, request, answer);
    if (answer === null) return;
    checkReference(request, answer);
    const mayDisclose = answer.status === 200 && routeOf(request, vocabulary)?.operation === 'detokenize';
    const checked = mayDisclose ? JSON.stringify(answer.headers) : JSON.stringify(answer.headers) + answer.text;
    if (countTraces(checked, generator.cards) > 0) addViolation('a card number in the answer', request, answer);
  };

  let started = 0;
  const client = async (): Promise<void> => {
    while (started < requests) {
      started += 1;
      const number = started;
      if (number % 1_000 === 0) onProgress?.(number);
      if (number % REQUESTS_PER_FAULT === 0) await orderFault(base, random);
      const request = generator.next();
      checkAnswer(request, await exchange(base, request, agent));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  agent.destroy();
  const traces = countTraces(output(), generator.cards);
  if (traces > 0) violations.push(`${traces} card numbers in the output of the process`);
  return { statuses, violations };
}

/** Orders one kind of fault for the next calls of one operation, in one namespace or both. */
async function orderFault(base: URL, random: RandomChoice): Promise<void> {
  const order: FaultOrder = {
    operation: random.of(['tokenize', 'lookup', 'detokenize']),
    kind: QUICK_FAULTS[random.below(QUICK_FAULTS.length)] ?? 'error-before',
    count: 1 + random.below(24),
    delayMs: 20,
    ...(random.chance(0.5) ? { namespace: random.of(['ns1', 'ns2']) } : {}),
  };
  await fetch(new URL('/_local/tome/faults', base), { method: 'POST', body: JSON.stringify(order) });
}
