import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { existingReferenceOf, referenceFor } from '../../../lambdas/tokenization/direct-path.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { TomeClient } from '../../../lambdas/tome/client/tome-client.ts';
import { answers, type ScriptedTome, startScriptedTome } from './scripted-tome.ts';

const token = 'internal-token-number-one' as InternalToken;
/** In order under version 1 of the format, and in RuPay's range since version 2. */
const OLD_REFERENCE = '8211111111111111';
const CARD_LIKE = '4111111111111111';

let server: ScriptedTome;

beforeEach(async () => {
  server = await startScriptedTome();
});

afterEach(() => server.close());

const dependencies = () => ({
  luhnPolicy: 'must-fail' as const,
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
      clock: systemClock,
      random: () => 0.5,
      onCall: () => {},
    }),
  ),
});
const context = () => ({
  deadlineMs: systemClock.monotonicMs() + 600_000,
  correlationId: 'test',
  caller: { account: '555555555555', principal: 'role/test', session: null },
  origin: { sourceAddress: null, gatewayRequestId: null, gatewayExtendedRequestId: null, functionRequestId: null },
});

test('a reference that NS2 gave out under version 1 of the format is read and answered for ever', async () => {
  server.script(answers(200, { token: OLD_REFERENCE }));
  expect(await existingReferenceOf(dependencies(), token, context())).toMatchObject({ cardReference: OLD_REFERENCE });
  server.script(answers(200, { token: OLD_REFERENCE, isNew: false }));
  expect(await referenceFor(dependencies(), token, context())).toMatchObject({ isNew: false });
});

test('a new reference in a range that the current version forbids is refused', async () => {
  server.script(answers(200, { token: OLD_REFERENCE, isNew: true }));
  await expect(referenceFor(dependencies(), token, context())).rejects.toMatchObject({
    code: 'reference-unacceptable',
  });
});

test('what starts as a card number under every version is refused, new or not', async () => {
  server.script(answers(200, { token: CARD_LIKE }));
  await expect(existingReferenceOf(dependencies(), token, context())).rejects.toMatchObject({
    code: 'reference-unacceptable',
  });
});
