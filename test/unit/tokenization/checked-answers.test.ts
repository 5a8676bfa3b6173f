import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { bindReference, findBoundReference } from '../../../lambdas/tokenization/checked-answers.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { TomeClient } from '../../../lambdas/tome/client/tome-client.ts';
import { simulatorForms, simulatorProfile } from '../../support/tome-profiles.ts';
import { answers, type ScriptedTome, startScriptedTome } from '../tome/scripted-tome.ts';

const token = 'internal-token-number-one' as InternalToken;
/** Allowed by version 1 of the format. Version 2 forbids it, because the range is RuPay's. */
const OLD_REFERENCE = '8211111111111111';
const CARD_LIKE = '4111111111111111';

let server: ScriptedTome;

beforeEach(async () => {
  server = await startScriptedTome();
});

afterEach(() => server.close());

const dependencies = () => ({
  luhnPolicy: 'must-fail' as const,
  forms: simulatorForms,
  tome: createHttpTome(
    new TomeClient({
      settings: {
        baseUrl: server.url,
        attemptTimeoutMs: 120_000,
        maxAttempts: 1,
        backoffBaseMs: 1,
        backoffCapMs: 1,
        retryRatio: 0,
        breaker: { failures: 50, openMs: 60_000 },
        batchCallsPerSecond: 5_000,
        liveCallsPerSecond: 0,
      },
      profile: simulatorProfile,
      clock: systemClock,
      random: () => 0.5,
      onCall: () => {},
    }),
    simulatorProfile,
  ),
});
const context = () => ({
  deadlineMs: systemClock.monotonicMs() + 600_000,
  correlationId: 'test',
  caller: { account: '555555555555', principal: 'role/test', session: null },
  origin: { sourceAddress: null, gatewayRequestId: null, gatewayExtendedRequestId: null, functionRequestId: null },
});

test('a reference that NS2 bound under version 1 of the format stays readable', async () => {
  server.script(answers(200, { token: OLD_REFERENCE }));
  expect(await findBoundReference(dependencies(), token, context())).toBe(OLD_REFERENCE);
  server.script(answers(200, { token: OLD_REFERENCE, isNew: false }));
  expect(await bindReference(dependencies(), token, context())).toEqual({
    cardReference: OLD_REFERENCE,
    isNew: false,
  });
});

test('a new reference in a range that the current version forbids is refused', async () => {
  server.script(answers(200, { token: OLD_REFERENCE, isNew: true }));
  await expect(bindReference(dependencies(), token, context())).rejects.toMatchObject({
    code: 'reference-unacceptable',
  });
});

test('a bound reference that no version of the format allows is refused', async () => {
  server.script(answers(200, { token: CARD_LIKE }));
  await expect(findBoundReference(dependencies(), token, context())).rejects.toMatchObject({
    code: 'reference-unacceptable',
  });
});
