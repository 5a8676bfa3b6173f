import { connect } from '../../../../lambdas/pool/database/database.ts';
import { madeUpCard } from '../../../../scripts/local/made-up-cards.ts';
import type { Rig } from './trial-stack.ts';

/** One row of brief 2's table "When things are down": what was promised, what was seen. */
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

export interface Bench {
  readonly rig: Rig;
  readonly post: (path: string, body: object) => Promise<Answer>;
  readonly create: (serial: number) => Promise<Answer>;
  readonly job: (name: string) => Promise<Record<string, unknown>>;
  readonly pool: () => Promise<{ available: number; reserved: number; quarantined: number }>;
  readonly count: (query: string) => Promise<number>;
}

export const DIRECT_CREATIONS_PER_SECOND = 20;

type Try = (bench: Bench) => Promise<Row>;

const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));
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

/** A creation that is tried until it succeeds; how long that took is the time until service was back. */
async function untilCreated(
  { create }: Bench,
  serial: number,
): Promise<{ readonly answer: Answer; readonly ms: number }> {
  const startedMs = performance.now();
  for (;;) {
    const answer = await create(serial);
    if (answer.status < 400) return { answer, ms: performance.now() - startedMs };
    await pause(50);
  }
}

const thousandAtOnce: Try = async ({ create }) => {
  const answers = await many(1_000, (index) => create(10_000 + index));
  const admitted = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status !== 201);
  const isUnique = new Set(admitted.map(({ reference }) => reference)).size === admitted.length;
  const holds =
    admitted.length > 0 && isUnique && refused.every(({ status }) => status === 429) && haveRetryAfter(refused);
  return {
    condition: '1,000 at once: admitted ones succeed, the rest 429 with Retry-After',
    holds,
    seen: statuses(answers),
  };
};

const tomeDown: Try = async (bench) => {
  const { rig, create, count } = bench;
  rig.simulator.faults.order({ operation: 'tokenize', kind: 'error-before', rate: 1 });
  rig.simulator.faults.order({ operation: 'lookup', kind: 'error-before', rate: 1 });
  await many(30, (index) => create(20_000 + index));
  const held = "SELECT count(*)::int AS count FROM pair_life WHERE state IN ('RESERVED', 'QUARANTINED')";
  const burntBefore = await count(held);
  const answers: Answer[] = [];
  for (let index = 0; index < 40; index += 1) answers.push(await create(21_000 + index));
  const burnt = (await count(held)) - burntBefore;
  rig.simulator.faults.clear();
  const { ms: backMs } = await untilCreated(bench, 22_000);
  // A probe in half-open may reach TOME and fail; it is the only one that may cost a pair.
  const typicalMs = median(answers.map(({ ms }) => ms));
  const holds =
    answers.every(({ status }) => status === 503) && haveRetryAfter(answers) && typicalMs < 50 && burnt <= 1;
  return {
    condition: 'TOME down: 503 in under 50 ms, no pair burnt, back by itself',
    holds,
    seen: `${statuses(answers)}, median ${typicalMs.toFixed(1)} ms, ${burnt} pairs held by probes, back after ${backMs.toFixed(0)} ms`,
  };
};

const tomeBusy: Try = async (bench) => {
  const { rig, post } = bench;
  const { reference } = (await untilCreated(bench, 30_000)).answer;
  rig.simulator.faults.order({ operation: 'detokenize', kind: 'rate-limited', rate: 1 });
  rig.simulator.ledger.reset();
  const calls = 300;
  for (let index = 0; index < calls; index += 1)
    await post('/v1/references/detokenize', { cardReferenceId: reference });
  const sent = rig.simulator.ledger.calls().length;
  rig.simulator.faults.clear();
  const share = (sent - calls) / calls;
  return {
    condition: 'TOME says 429: retries at most 10% of calls',
    holds: share <= 0.12,
    seen: `${sent - calls} retries of ${calls} calls`,
  };
};

const databaseDown: Try = async (bench) => {
  const { rig, post, create } = bench;
  const known = (await untilCreated(bench, 40_000)).answer;
  await rig.killDatabase();
  const creations = await many(5, (index) => create(41_000 + index));
  rig.simulator.ledger.reset();
  const read = await post('/v1/references/detokenize', { cardReferenceId: known.reference });
  const lookup = await post('/v1/cards/lookup', { cardNumber: madeUpCard(40_000) });
  const calls = rig.simulator.ledger.calls().length;
  await rig.restartDatabase();
  const { ms: backMs } = await untilCreated(bench, 42_000);
  const holds =
    creations.every(({ status }) => status === 503) &&
    haveRetryAfter(creations) &&
    read.card === madeUpCard(40_000) &&
    lookup.reference === known.reference &&
    calls === 4 &&
    backMs < 5_000;
  return {
    condition: 'database down: reads by TOME with two calls, creates 503, back within 5 s',
    holds,
    seen: `creates ${statuses(creations)}; 2 reads ${read.status} and ${lookup.status} with ${calls} calls; back after ${backMs.toFixed(0)} ms`,
  };
};

const queueDown: Try = async ({ rig, create, job, count }) => {
  await job('relay-events');
  rig.toQueue.refuse(true);
  const answers = await many(10, (index) => create(50_000 + index));
  await job('relay-events');
  const waiting = await count('SELECT count(*)::int AS count FROM outbox_event');
  rig.toQueue.refuse(false);
  await pause(1_200);
  await job('relay-events');
  const left = await count('SELECT count(*)::int AS count FROM outbox_event');
  const holds = answers.every(({ status }) => status === 201) && waiting >= 10 && left === 0;
  return {
    condition: 'queue down: creates go on, the outbox drains when it is back',
    holds,
    seen: `creates ${statuses(answers)}; ${waiting} events waited, ${left} are left`,
  };
};

const prefetchDown: Try = async ({ rig, create, job, pool }) => {
  rig.simulator.faults.order({ operation: 'prefetch', kind: 'error-before', rate: 1 });
  await job('pool-health');
  await pause(5_200);
  const answers = await many(40, (index) => create(60_000 + index));
  const health = await job('pool-health');
  const { available } = await pool();
  rig.simulator.faults.clear();
  const holds = answers.every(({ status }) => status === 201) && available > 0 && Number(health['minutesToEmpty']) > 0;
  return {
    condition: 'prefetch down: nothing changes until the pool is dry, minutes to empty is known before',
    holds,
    seen: `creates ${statuses(answers)}; ${available} pairs left, ${String(health['minutesToEmpty'])} minutes to empty`,
  };
};

const poolEmpty: Try = async ({ create, count, job, rig }) => {
  const sql = connect(rig.databaseUrl, { maxConnections: 1, prepare: false });
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
    condition: 'pool empty: 201 by the direct path within its budget, then 503; one refill is asked for',
    holds,
    seen: `${statuses(answers)} with a budget of ${DIRECT_CREATIONS_PER_SECOND} a second; ${requests} refill request`,
  };
};

/** In an order in which one row's aftermath does not colour the next. */
export const ROWS: readonly Try[] = [
  thousandAtOnce,
  tomeBusy,
  tomeDown,
  queueDown,
  prefetchDown,
  poolEmpty,
  databaseDown,
];
