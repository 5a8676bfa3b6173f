import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { simulatorProfileWith } from '../../support/tome-profiles.ts';
import { answers, type ScriptedTome, startScriptedTome } from './scripted-tome.ts';

const HOUR = 3_600_000;
const ASKED_AT = Date.UTC(2026, 0, 1);

let server: ScriptedTome;
let nowMs: number;

beforeEach(async () => {
  server = await startScriptedTome();
  nowMs = ASKED_AT;
});

afterEach(() => server.close());

const tomeWith = (tokenLifetimeHours: number | null): Tome =>
  plainTome(server.url, simulatorProfileWith({ tokenLifetimeHours }), { dateMs: () => nowMs });

const batch = (): TomeCall => ({
  deadlineMs: systemClock.monotonicMs() + 600_000,
  lane: 'batch',
  correlationId: 'test',
});

/** The expiries of an answer with these, in milliseconds after the request; `null` for none. */
async function expiriesOf(tome: Tome, stated: readonly (number | null)[], namespace: 'ns1' | 'ns2' = 'ns1') {
  const tokens = stated.map((afterMs, index) => ({
    token: namespace === 'ns1' ? `internal-token-number-${index}` : `910000000000000${index}`,
    ...(afterMs === null ? {} : { expiresAt: new Date(ASKED_AT + afterMs).toISOString() }),
  }));
  server.script((response, request) => {
    // The answer takes a minute.
    nowMs += 60_000;
    answers(200, { tokens })(response, request);
  });
  const answer = await tome[namespace].prefetch(tokens.length, batch());
  return answer.tokens.map(({ expiresAt }) => (expiresAt === null ? null : expiresAt.getTime() - ASKED_AT));
}

test.each(['ns1', 'ns2'] as const)(
  'a token of %s without an expiry expires when its lifetime has passed since the request',
  async (namespace) => {
    expect(await expiriesOf(tomeWith(720), [null, null], namespace)).toEqual([720 * HOUR, 720 * HOUR]);
  },
);

test('a token expires at the earlier of what TOME states and what the profile says', async () => {
  expect(await expiriesOf(tomeWith(2), [HOUR, 3 * HOUR, null])).toEqual([HOUR, 2 * HOUR, 2 * HOUR]);
});

test('without a lifetime in the profile a token expires when TOME says so, or never', async () => {
  expect(await expiriesOf(tomeWith(null), [HOUR, null])).toEqual([HOUR, null]);
});
