import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { routesIn } from '../../lambdas/api/routes.ts';
import { composeRequestDatabase } from '../../lambdas/composition/database.ts';
import { composeTome } from '../../lambdas/composition/tome.ts';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { passesLuhn } from '../../lambdas/tokenization/model/luhn.ts';
import { VOCABULARIES } from '../../lambdas/vocabulary.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { startSimulator } from '../../scripts/simulator/simulator.ts';
import {
  type AlarmProperties,
  type Minute,
  metricKey,
  metricsOf,
  stateAfter,
} from '../infrastructure/alarm-evaluation.ts';
import { type ObservedDomain, observedDomain } from '../infrastructure/observed-domain.ts';
import { limitOf, profileNamed, profileText } from '../support/tome-profiles.ts';
import { type ApiHandler, apiEvent, assumed, invoke } from './api-event.ts';
import { MetricRecorder } from './metric-recorder.ts';
import { type RunningStack, startStack } from './running-stack.ts';

const TARGET = 60;
const MISSES_PER_HOUR = 20;

let running: RunningStack;
let recorder: MetricRecorder;
let prod: ObservedDomain;
let serial = 500_000;

beforeAll(async () => {
  prod = observedDomain('prod', { alarms: { 'detokenize-unusual': 10, 'caller-refusals': 500 } });
  running = await startStack({
    GAUGES_TO: 'cloudwatch',
    POOL_TARGET_MIN: String(TARGET),
    POOL_COVER_MINUTES: '0',
    POOL_REFILL_LEAD_MINUTES: '0',
    PREFETCH_BULK_TOKENIZE: 'true',
    TOME_BREAKER_FAILURES: '5',
    TOME_BREAKER_OPEN_MS: '50',
    TOME_PROFILE: profileText({ bulkItems: 500, ...limitOf(5_000) }),
    TOME_BATCH_CALLS_PER_SECOND: '1000',
    TOME_LIVE_CALLS_PER_SECOND: '0',
    CALLER_LOOKUP_MISSES_PER_HOUR: String(MISSES_PER_HOUR),
  });
  recorder = new MetricRecorder(running.output);
});

afterAll(() => running.stop());

const job = async (name: string): Promise<void> => {
  await running.post(`/_local/jobs/${name}`, {});
};

async function withTomeFault(fault: object, work: () => Promise<void>): Promise<void> {
  await running.post('/_local/tome/faults', { rate: 1, ...fault });
  await work();
  await running.delete('/_local/tome/faults');
}

/**
 * Runs `work` while NS1 answers 429 to every creation. Then waits until creations are accepted
 * again: they are refused until the time of the last Retry-After is over.
 */
async function whileTomeRateLimits(work: () => Promise<void>): Promise<void> {
  await withTomeFault({ operation: 'tokenize', namespace: 'ns1', kind: 'rate-limited' }, work);
  while ((await running.post('/v1/cards', { cardNumber: freshCard() })).status === 429) await sleep(100);
}

const freshCard = (): string => {
  serial += 1;
  return madeUpCard(serial);
};

async function create(count: number): Promise<readonly string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, () => running.post('/v1/cards', { cardNumber: freshCard() })),
  );
  return answers.map(({ body }) => String(body['cardReferenceId']));
}

async function drainTo(left: number): Promise<void> {
  const { available } = (await running.get('/v1/pool')).body as unknown as { available: number };
  await create(Math.max(0, available - left));
}

/** Runs `work` while the queue answers 200 and refuses every message. */
async function whileQueueRefuses(work: () => Promise<void>): Promise<void> {
  const refusing = vi.spyOn(SQSClient.prototype, 'send').mockImplementation((command: unknown) => {
    if (!(command instanceof SendMessageBatchCommand))
      throw new Error('The only expected call to the queue is SendMessageBatch.');
    const { Entries = [] } = command.input;
    return { Failed: Entries.map(({ Id }) => ({ Id, SenderFault: true, Code: 'KMS.AccessDeniedException' })) };
  });
  await work();
  refusing.mockRestore();
}

async function detokenize(times: number): Promise<void> {
  const [cardReferenceId] = await create(1);
  for (let count = 0; count < times; count += 1) await running.post('/v1/references/detokenize', { cardReferenceId });
}

/** Makes each route answer 500: the database functions are missing, which no handler expects. */
async function answerWithFaults(): Promise<void> {
  const cardNumber = freshCard();
  const { body } = await running.post('/v1/cards', { cardNumber });
  const fields: Readonly<Record<string, unknown>> = { cardNumber, cardReferenceId: body['cardReferenceId'] };
  await running.db.sql`ALTER SCHEMA public RENAME TO hidden`;
  const statuses: (readonly [string, number])[] = [];
  for (const { operation, path, request } of routesIn(VOCABULARIES.card)) {
    const names = request === null ? [] : Object.keys(z.toJSONSchema(request).properties ?? {});
    const { status } =
      request === null
        ? await running.get(path)
        : await running.post(path, Object.fromEntries(names.map((name) => [name, fields[name]])));
    statuses.push([operation, status]);
  }
  await running.db.sql`ALTER SCHEMA hidden RENAME TO public`;
  expect(statuses).toEqual(routesIn(VOCABULARIES.card).map(({ operation }) => [operation, 500]));
}

/** Sends statements to a database that accepts connections and does not answer. */
async function whileDatabaseIsSilent(): Promise<void> {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const port = String((silent.address() as { port: number }).port);
  const database = await composeRequestDatabase(
    readSettings(['database'], {
      DATABASE_URL: `postgres://user@127.0.0.1:${port}/nothing`,
      DATABASE_QUERY_TIMEOUT_MS: '100',
    }),
  );
  for (let request = 0; request < 2; request += 1) {
    await expect(database.run((sql) => sql`SELECT 1`)).rejects.toMatchObject({ code: 'store-unavailable' });
  }
  silent.close();
}

/** Calls a TOME whose token server refuses every request. */
async function whileTokenServerFails(): Promise<void> {
  const simulator = await startSimulator({ profile: profileNamed('sixteen-digits') });
  simulator.faults.order({ operation: 'access-token', kind: 'error-before', rate: 1 });
  const tome = await composeTome(readSettings(['domain', 'tome'], simulator.clientSettings));
  const call = { deadlineMs: performance.now() + 60_000, lane: 'live', correlationId: 'test' } as const;
  await expect(tome.ns1.prefetch(1, call)).rejects.toMatchObject({ code: 'tome-unavailable' });
  await simulator.close();
}

/** Looks up cards that have no reference, as a role of this account. */
async function guess(role: string, times: number, account = '555555555555'): Promise<void> {
  const { handler } = (await import('../../lambdas/api/lookup.ts')) as { handler: ApiHandler };
  for (let count = 0; count < times; count += 1) {
    await invoke(handler, apiEvent(assumed(account, role, 'session'), { cardNumber: freshCard() }));
  }
}

/** Gets one answer of each kind that helps to guess card numbers, as a caller of this account. */
async function answerEachGuess(account: string): Promise<void> {
  const send = async (name: string, body: object) => {
    const { handler } = (await import(`../../lambdas/api/${name}.ts`)) as { handler: ApiHandler };
    return (await invoke(handler, apiEvent(assumed(account, 'all-kinds', 'session'), body))).status;
  };
  const cardNumber = freshCard();
  await send('create-card', { cardNumber });
  expect([
    await send('create-card', { cardNumber }),
    await send('lookup', { cardNumber: freshCard() }),
    await send('detokenize', { cardReferenceId: '9000000000000009' }),
  ]).toEqual([200, 404, 404]);
}

interface Scenario {
  /** Causes the alarm's condition. The test repeats this minute for the alarm's whole look-back. */
  readonly problem: () => Promise<void>;
  /** Ends the condition, in one minute. */
  readonly recovery: () => Promise<void>;
}

/**
 * For each alarm on a metric of this project: what makes the handlers write values that ring it.
 */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'pool-low': {
    problem: async () => {
      await drainTo(TARGET * 0.2);
      await job('pool-health');
    },
    recovery: async () => {
      await job('prefetch');
      await job('pool-health');
    },
  },
  'pool-empty': {
    problem: async () => {
      await drainTo(0);
      await job('pool-health');
    },
    recovery: async () => {
      await job('prefetch');
      await job('pool-health');
    },
  },
  'minutes-to-empty': {
    problem: async () => {
      await job('prefetch');
      const { used } = (await running.get('/v1/pool')).body as unknown as { used: number };
      await running.db.sql`DELETE FROM pool_sample`;
      await running.db.sql`
        INSERT INTO pool_sample (sampled_at, available, used) VALUES (now() - interval '2 minutes', ${TARGET}, ${used - 100})
      `;
      await job('pool-health');
    },
    recovery: async () => {
      await running.db.sql`DELETE FROM pool_sample`;
      await job('pool-health');
    },
  },
  'prefetch-failed': {
    problem: async () => {
      await drainTo(TARGET / 2);
      await withTomeFault({ operation: 'prefetch', kind: 'error-before' }, () => job('prefetch'));
    },
    recovery: () => job('prefetch'),
  },
  'prefetch-missed': {
    problem: () => job('pool-health'),
    recovery: () => job('prefetch'),
  },
  'stale-reservations': {
    problem: async () => {
      await job('prefetch');
      await whileTomeRateLimits(async () => {
        await create(1);
      });
      await running.db.sql`UPDATE reservation SET reserved_at = now() - interval '30 minutes'`;
      await job('pool-health');
    },
    recovery: async () => {
      await job('settle-reservations');
      await job('pool-health');
    },
  },
  'outbox-age': {
    problem: async () => {
      await job('prefetch');
      await create(1);
      await running.db.sql`UPDATE outbox_event SET occurred_at = now() - interval '10 minutes'`;
      await job('pool-health');
    },
    recovery: async () => {
      await job('relay-events');
      await job('pool-health');
    },
  },
  'events-refused': {
    problem: async () => {
      await job('prefetch');
      await create(1);
      await whileQueueRefuses(() => job('relay-events'));
    },
    recovery: async () => {
      await running.db.sql`UPDATE outbox_event SET not_before = now()`;
      await job('relay-events');
    },
  },
  'quarantine-growing': {
    problem: async () => {
      await running.db.sql`DELETE FROM pool_sample`;
      await running.db.sql`
        INSERT INTO pool_sample (sampled_at, available, used, quarantined) VALUES (now() - interval '30 minutes', 0, 0, -2000)
      `;
      await job('pool-health');
    },
    recovery: async () => {
      await running.db.sql`DELETE FROM pool_sample`;
      await job('pool-health');
    },
  },
  'tokens-leaked': {
    problem: async () => {
      await running.db.sql`
        INSERT INTO prefetch_call (id, namespace, fencing, requested, announced_at)
        SELECT gen_random_uuid(), 'ns1', 0, 5000, now() - interval '2 hours' FROM generate_series(1, 6)
      `;
      await job('pool-health');
    },
    recovery: async () => {
      await running.db.sql`DELETE FROM prefetch_call WHERE fencing = 0`;
      await job('pool-health');
    },
  },
  'purge-behind': {
    problem: async () => {
      await running.db.sql`
        INSERT INTO idempotency_key (key_hash, fingerprint, held_until, expires_at)
        VALUES ('late', 'late', now(), now() - interval '2 hours')
      `;
      await job('pool-health');
    },
    recovery: async () => {
      await job('settle-reservations');
      await job('pool-health');
    },
  },
  'health-silent': {
    problem: () => job('relay-events'),
    recovery: () => job('pool-health'),
  },
  'breaker-open': {
    problem: () =>
      withTomeFault({ operation: 'tokenize', namespace: 'ns1', kind: 'error-before' }, async () => {
        await create(6);
      }),
    recovery: async () => {
      await job('prefetch');
      await create(1);
    },
  },
  'database-silent': {
    problem: async () => {
      await whileDatabaseIsSilent();
      await create(1);
    },
    recovery: async () => {
      await create(1);
    },
  },
  'token-requests-failed': {
    problem: async () => {
      await whileTokenServerFails();
      await create(1);
    },
    recovery: async () => {
      await create(1);
    },
  },
  'tome-rate-limited': {
    problem: () =>
      whileTomeRateLimits(async () => {
        await create(70);
      }),
    recovery: async () => {
      await job('prefetch');
      await create(1);
    },
  },
  'reference-odd': {
    problem: async () => {
      await drainTo(0);
      const offer = (references: string) =>
        fetch(`${running.stack.tomeUrl}/_control/switches`, { method: 'PUT', body: JSON.stringify({ references }) });
      await offer('any-luhn');
      // One reference in ten has a check digit that the default REFERENCE_LUHN forbids.
      while (!(await create(1)).every(passesLuhn));
      await offer('agreed');
    },
    recovery: async () => {
      await job('prefetch');
      await create(1);
    },
  },
  'direct-path-share': {
    problem: async () => {
      await drainTo(0);
      await create(12);
    },
    recovery: async () => {
      await job('prefetch');
      await create(12);
    },
  },
  'caller-budget-spent': {
    problem: () => guess('guesser', MISSES_PER_HOUR + 1),
    recovery: () => guess('honest', 1),
  },
  'caller-refusals-issuing': {
    // Each role stays below its budget. The account guesses with many roles.
    problem: async () => {
      for (let role = 0; role < 6; role += 1) await guess(`one-of-many-${role}`, 2);
    },
    recovery: () => guess('honest', 1),
  },
  'caller-refusals-own-account': {
    problem: async () => {
      for (let role = 0; role < 6; role += 1) await guess(`administrator-${role}`, 2, '444444444444');
    },
    recovery: () => guess('administrator', 1, '444444444444'),
  },
  'detokenize-unusual': {
    problem: () => detokenize(11),
    recovery: () => detokenize(1),
  },
};

const periodMinutes = ({ Period, Metrics }: AlarmProperties): number =>
  (Period ?? Metrics?.find(({ MetricStat }) => MetricStat !== undefined)?.MetricStat?.Period ?? 0) / 60;

const times = (count: number, minute: Minute): readonly Minute[] => Array.from({ length: count }, () => minute);

test.each(Object.entries(SCENARIOS))(
  'the alarm %s rings on the metrics that handlers write during the problem, and clears afterwards',
  async (name, scenario) => {
    const alarm = prod.alarm(name);
    const problem = await recorder.minute(scenario.problem);
    const recovery = await recorder.minute(scenario.recovery);
    const lookBack = alarm.EvaluationPeriods * periodMinutes(alarm);
    const duringProblem = times(lookBack, problem);
    expect(stateAfter(alarm, duringProblem, 'OK')).toBe('ALARM');
    expect(stateAfter(alarm, [...duringProblem, ...times(periodMinutes(alarm), recovery)], 'ALARM')).toBe('OK');
    // The alarm must not ring on the metrics of normal operation.
    expect(stateAfter(alarm, times(lookBack, recovery), 'OK')).toBe('OK');
  },
);

test('every alarm on a metric of this project has a scenario here', () => {
  const own = prod.alarms.filter(({ ComparisonOperator }) => ComparisonOperator !== 'GreaterThanUpperThreshold');
  const names = own
    .filter((alarm) => metricsOf(alarm).some(({ namespace }) => namespace.startsWith('CardTokenizationPool/')))
    .map(({ AlarmName }) => AlarmName.replace('prod-card-', ''));
  expect(names.toSorted()).toEqual(Object.keys(SCENARIOS).toSorted());
});

test('the handlers write each metric of this project that an alarm, the canary or the dashboard reads', async () => {
  await recorder.minute(async () => {
    for (const name of [
      'minutes-to-empty',
      'prefetch-failed',
      'breaker-open',
      'database-silent',
      'tome-rate-limited',
      'reference-odd',
      'direct-path-share',
    ]) {
      await SCENARIOS[name]?.problem();
      await SCENARIOS[name]?.recovery();
    }
    // Then the pairs are bound one by one.
    await withTomeFault({ operation: 'bulk-tokenize', kind: 'error-before' }, async () => {
      await drainTo(TARGET / 2);
      await job('prefetch');
    });
    await detokenize(1);
    await lookUpWhatOnlyTomeKnows();
    for (const account of ['444444444444', '555555555555']) await answerEachGuess(account);
    await answerWithFaults();
  });
  const dashboard = (JSON.parse(prod.dashboard) as Dashboard).widgets.flatMap(({ properties }) =>
    (properties.metrics ?? []).flatMap(([namespace, name, ...rest]) => {
      if (typeof namespace !== 'string' || typeof name !== 'string') return [];
      const texts = rest.filter((part): part is string => typeof part === 'string');
      const dimensions = texts.flatMap((text, index) => (index % 2 === 0 ? [[text, texts[index + 1]]] : []));
      return [{ namespace, key: metricKey(namespace, name, Object.fromEntries(dimensions)) }];
    }),
  );
  const shown = [...prod.alarms.flatMap(metricsOf), ...prod.serviceAlarms.flatMap(metricsOf), ...dashboard];
  const own = shown.filter(({ namespace }) => namespace.startsWith('CardTokenizationPool/'));
  expect(own.length).toBeGreaterThan(50);
  expect(own.map(({ key }) => key).filter((key) => !recorder.seen.has(key))).toEqual([]);
});

interface Dashboard {
  readonly widgets: readonly { readonly properties: { readonly metrics?: readonly (readonly unknown[])[] } }[];
}

/** Looks up a card that was bound without this API, and detokenizes a reference that is unknown. */
async function lookUpWhatOnlyTomeKnows(): Promise<void> {
  const cardNumber = freshCard();
  const bind = async (namespace: string, source: string): Promise<string> => {
    const response = await fetch(`${running.stack.tomeUrl}/v1/namespaces/${namespace}/tokenize`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'a', 'x-lane': 'live' },
      body: JSON.stringify({ source }),
    });
    return ((await response.json()) as { token: string }).token;
  };
  await bind('ns2', await bind('ns1', cardNumber));
  await running.post('/v1/cards/lookup', { cardNumber });
  await running.post('/v1/cards/lookup-or-tokenize', { cardNumber });
  await running.post('/v1/references/detokenize', { cardReferenceId: '9000000000000009' });
}
