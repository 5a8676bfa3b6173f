import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../../lambdas/pool/database/database.ts';
import { madeUpCard } from '../../../../scripts/local/made-up-cards.ts';
import type { TrialStack } from './trial-stack.ts';

/** The result of checking one row of docs/design.md#when-something-is-down. */
export interface Row {
  readonly condition: string;
  readonly holds: boolean;
  readonly seen: string;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly reference: string;
  readonly card: string;
  readonly ms: number;
}

export interface ServiceUnderTest {
  readonly stack: TrialStack;
  readonly post: (path: string, body: object) => Promise<Answer>;
  readonly create: (serial: number) => Promise<Answer>;
  readonly job: (name: string) => Promise<Record<string, unknown>>;
  readonly pool: () => Promise<{ available: number; reserved: number; quarantined: number }>;
  readonly count: (query: string) => Promise<number>;
}

export const DIRECT_CREATIONS_PER_SECOND = 20;

type Check = (service: ServiceUnderTest) => Promise<Row>;

const statuses = (answers: readonly Answer[]): string => {
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} x ${status}`).join(', ');
};
const haveRetryAfter = (answers: readonly Answer[]): boolean =>
  answers.every(({ retryAfter }) => Number(retryAfter) >= 1);
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const many = (count: number, act: (index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => act(index)));

/** Tries a creation until it succeeds. `ms` is how long that took. */
async function untilCreated(
  { create }: ServiceUnderTest,
  serial: number,
): Promise<{ readonly answer: Answer; readonly ms: number }> {
  const startedMs = performance.now();
  for (;;) {
    const answer = await create(serial);
    if (answer.status < 400) return { answer, ms: performance.now() - startedMs };
    await sleep(50);
  }
}

const thousandAtOnce: Check = async ({ create }) => {
  const answers = await many(1_000, (index) => create(10_000 + index));
  const admitted = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status !== 201);
  const isUnique = new Set(admitted.map(({ reference }) => reference)).size === admitted.length;
  const holds =
    admitted.length > 0 && isUnique && refused.every(({ status }) => status === 429) && haveRetryAfter(refused);
  return {
    condition: '1,000 creations at once: admitted ones succeed, the rest get 429 with Retry-After',
    holds,
    seen: statuses(answers),
  };
};

const tomeDown: Check = async (service) => {
  const { stack, create, count } = service;
  stack.simulator.faults.order({ operation: 'tokenize', kind: 'error-before', rate: 1 });
  stack.simulator.faults.order({ operation: 'lookup', kind: 'error-before', rate: 1 });
  await many(30, (index) => create(20_000 + index));
  const unusable = "SELECT count(*)::int AS count FROM pair_life WHERE state IN ('RESERVED', 'QUARANTINED')";
  const unusableBefore = await count(unusable);
  const answers: Answer[] = [];
  for (let index = 0; index < 40; index += 1) answers.push(await create(21_000 + index));
  const lost = (await count(unusable)) - unusableBefore;
  stack.simulator.faults.clear();
  const { ms: backMs } = await untilCreated(service, 22_000);
  // Only the probe of the half-open breaker reaches TOME, so only it can cost a pair.
  const typicalMs = median(answers.map(({ ms }) => ms));
  const holds = answers.every(({ status }) => status === 503) && haveRetryAfter(answers) && typicalMs < 50 && lost <= 1;
  return {
    condition: 'TOME down: 503 in under 50 ms, no pair is lost, and the service recovers without help',
    holds,
    seen: `${statuses(answers)}, median ${typicalMs.toFixed(1)} ms, ${lost} pairs lost to probes, works again after ${backMs.toFixed(0)} ms`,
  };
};

const tomeBusy: Check = async (service) => {
  const { stack, post } = service;
  const { reference } = (await untilCreated(service, 30_000)).answer;
  stack.simulator.faults.order({ operation: 'detokenize', kind: 'rate-limited', rate: 1 });
  stack.simulator.ledger.reset();
  const calls = 300;
  for (let index = 0; index < calls; index += 1)
    await post('/v1/references/detokenize', { cardReferenceId: reference });
  const sent = stack.simulator.ledger.calls().length;
  stack.simulator.faults.clear();
  const share = (sent - calls) / calls;
  return {
    condition: 'TOME answers 429: retries are at most about 10% of calls',
    holds: share <= 0.12,
    seen: `${sent - calls} retries of ${calls} calls`,
  };
};

const databaseDown: Check = async (service) => {
  const { stack, post, create } = service;
  const known = (await untilCreated(service, 40_000)).answer;
  await stack.killDatabase();
  const creations = await many(5, (index) => create(41_000 + index));
  stack.simulator.ledger.reset();
  const read = await post('/v1/references/detokenize', { cardReferenceId: known.reference });
  const lookup = await post('/v1/cards/lookup', { cardNumber: madeUpCard(40_000) });
  const calls = stack.simulator.ledger.calls().length;
  await stack.restartDatabase();
  const { ms: backMs } = await untilCreated(service, 42_000);
  const holds =
    creations.every(({ status }) => status === 503) &&
    haveRetryAfter(creations) &&
    read.card === madeUpCard(40_000) &&
    lookup.reference === known.reference &&
    calls === 4 &&
    backMs < 5_000;
  return {
    condition: 'database down: reads by TOME with two calls, creations 503, works again within 5 s',
    holds,
    seen: `creations ${statuses(creations)}; reads ${read.status} and ${lookup.status} with ${calls} calls; works again after ${backMs.toFixed(0)} ms`,
  };
};

const queueDown: Check = async ({ stack, create, job, count }) => {
  await job('relay-events');
  stack.toQueue.refuse(true);
  const answers = await many(10, (index) => create(50_000 + index));
  await job('relay-events');
  const waiting = await count('SELECT count(*)::int AS count FROM outbox_event');
  stack.toQueue.refuse(false);
  await sleep(1_200);
  await job('relay-events');
  const left = await count('SELECT count(*)::int AS count FROM outbox_event');
  const holds = answers.every(({ status }) => status === 201) && waiting >= 10 && left === 0;
  return {
    condition: 'queue down: creations continue, and the outbox is sent when the queue is back',
    holds,
    seen: `creations ${statuses(answers)}; ${waiting} events waited, ${left} are left`,
  };
};

const prefetchDown: Check = async ({ stack, create, job, pool }) => {
  stack.simulator.faults.order({ operation: 'prefetch', kind: 'error-before', rate: 1 });
  await job('pool-health');
  await sleep(5_200);
  const answers = await many(40, (index) => create(60_000 + index));
  const health = await job('pool-health');
  const { available } = await pool();
  stack.simulator.faults.clear();
  const holds = answers.every(({ status }) => status === 201) && available > 0 && Number(health['minutesToEmpty']) > 0;
  return {
    condition: 'prefetch down: no change until the pool is empty, and minutes-to-empty is known before',
    holds,
    seen: `creations ${statuses(answers)}; ${available} pairs left, ${String(health['minutesToEmpty'])} minutes to empty`,
  };
};

const poolEmpty: Check = async ({ create, count, job, stack }) => {
  const sql = connect(stack.databaseUrl, { maxConnections: 1, prepare: false });
  await sql`SELECT quarantine_unused(ARRAY(SELECT pair_id FROM available_pair), 'conflict')`;
  await sql.end();
  const startedMs = performance.now();
  const answers = await many(60, (index) => create(70_000 + index));
  const budget = DIRECT_CREATIONS_PER_SECOND * (1 + Math.ceil((performance.now() - startedMs) / 1_000));
  const created = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status !== 201);
  const requests = await count('SELECT count(*)::int AS count FROM refill_request');
  await job('prefetch');
  const after = await create(71_000);
  const holds =
    created.length > 0 &&
    created.length <= budget &&
    refused.length > 0 &&
    refused.every(({ status }) => status === 503) &&
    haveRetryAfter(refused) &&
    requests === 1 &&
    after.status === 201;
  return {
    condition: 'pool empty: 201 by the direct path within its budget, then 503; one refill is requested',
    holds,
    seen: `${statuses(answers)} with a budget of ${DIRECT_CREATIONS_PER_SECOND} a second; ${requests} refill request`,
  };
};

/** In an order in which the effects of one row do not change the next. */
export const ROWS: readonly Check[] = [
  thousandAtOnce,
  tomeBusy,
  tomeDown,
  queueDown,
  prefetchDown,
  poolEmpty,
  databaseDown,
];
