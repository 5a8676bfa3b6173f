import { createHmac, randomUUID } from 'node:crypto';
import { createBudgetLedger } from '../pool/caller-budget.ts';
import { createPairStore } from '../pool/pair-store.ts';
import { readSecret } from '../runtime/aws/secret.ts';
import { recordDisclosure } from '../runtime/logging/audit.ts';
import { describe } from '../runtime/logging/describe-error.ts';
import { logger } from '../runtime/logging/logger.ts';
import { count } from '../runtime/metrics.ts';
import type { Settings } from '../runtime/setting-groups.ts';
import { type FunctionSettings, type FunctionWith, readSettings } from '../runtime/settings.ts';
import { systemClock } from '../runtime/system-clock.ts';
import type { Caller } from '../tokenization/callers/caller.ts';
import type { CallerBudgets } from '../tokenization/callers/caller-budgets.ts';
import { limitCallers } from '../tokenization/callers/limit-callers.ts';
import { createDirectTokenizer } from '../tokenization/direct-tokenizer.ts';
import { CardNumber } from '../tokenization/model/card-number.ts';
import type { TokenForms } from '../tokenization/model/token-form.ts';
import { createPooledTokenizer } from '../tokenization/pooled-tokenizer.ts';
import type { IdempotencyClaim } from '../tokenization/ports/pair-store.ts';
import type { Tome } from '../tokenization/ports/tome.ts';
import type { Tokenizer } from '../tokenization/tokenizer.ts';
import type { DirectDependencies, TokenizerEvent } from '../tokenization/tokenizer-dependencies.ts';
import { tokenFormsOf } from '../tome/profile/tome-profile.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { composeCallerBudgets } from './caller-budgets.ts';
import { composeRequestDatabase } from './database.ts';
import { sourceFormOf, vocabularyOf } from './domain-settings.ts';
import { referenceRulesOf } from './reference-rules.ts';
import { composeTome } from './tome.ts';

/** Seconds beyond the deadline of a request for which its Idempotency-Key is held. */
const HOLD_MARGIN_SECONDS = 5;

export interface ComposedTokenizer {
  readonly tokenizer: Tokenizer;
  readonly budgets: CallerBudgets;
  /** What the tokens of this TOME look like. */
  readonly forms: TokenForms;
  readonly vocabulary: Vocabulary;
  /** Reads the source of a request. Throws InvalidInput, which never quotes it. */
  readonly readSource: (text: string) => CardNumber;
  readonly deadlineMs: number;
  /** Requests that this process serves one caller in a second. */
  readonly requestsPerSecond: number;
}

type TokenizerFunction = FunctionWith<'strategy'>;
type TokenizerSettings = FunctionSettings<TokenizerFunction>;

/**
 * Connects an API function with the database and TOME. Rejects with InvalidSettings, or when a
 * secret cannot be read.
 */
export async function composeTokenizer(name: TokenizerFunction): Promise<ComposedTokenizer> {
  const settings = readSettings(name);
  return settings.TOKENIZER === 'direct' ? composeDirect(settings) : composePooled(settings);
}

/** The direct strategy behind the same routes, to compare with, and for domains without a pool. */
async function composeDirect(settings: TokenizerSettings): Promise<ComposedTokenizer> {
  const tokenizer = createDirectTokenizer(sharedParts(settings, await composeTome(settings)));
  const budgets = composeCallerBudgets(settings, null);
  return { tokenizer: limitCallers(tokenizer, budgets), budgets, ...handlerParts(settings) };
}

async function composePooled(settings: TokenizerSettings): Promise<ComposedTokenizer> {
  const keys = 'IDEMPOTENCY_RETENTION_SECONDS' in settings ? settings : null;
  const [database, tome] = await Promise.all([composeRequestDatabase(settings), composeTome(settings)]);
  const storeSettings = {
    holdSeconds: settings.REQUEST_DEADLINE_MS / 1_000 + HOLD_MARGIN_SECONDS,
    retentionSeconds: keys?.IDEMPOTENCY_RETENTION_SECONDS ?? 0,
    directCreationsPerSecond: settings.DIRECT_CREATIONS_PER_SECOND,
  };
  const tokenizer = createPooledTokenizer({
    ...sharedParts(settings, tome),
    storeUntil: (deadlineMs) => createPairStore(database.until(deadlineMs), storeSettings),
    clock: systemClock,
    newReservationId: randomUUID,
    claimOf: keys === null ? refuseKeys : claimWith(await secretOf(keys)),
  });
  const budgets = composeCallerBudgets(settings, createBudgetLedger(database));
  return { tokenizer: limitCallers(tokenizer, budgets), budgets, ...handlerParts(settings) };
}

/** What a handler needs beside the tokenizer. */
function handlerParts(settings: Settings<'domain' | 'request'>) {
  const vocabulary = vocabularyOf(settings);
  const form = sourceFormOf(settings);
  return {
    forms: tokenFormsOf(settings.TOME_PROFILE),
    vocabulary,
    readSource: (text: string) => CardNumber.parse(text, form, vocabulary.fields.source.name),
    deadlineMs: settings.REQUEST_DEADLINE_MS,
    requestsPerSecond: settings.CALLER_REQUESTS_PER_SECOND,
  };
}

/** The dependencies of both strategies. */
const sharedParts = (settings: TokenizerSettings, tome: Tome): DirectDependencies => ({
  ...referenceRulesOf(settings),
  unacceptableReferences: settings.UNACCEPTABLE_REFERENCES,
  tome,
  recordDisclosure,
  report(event, context, cause) {
    count('TokenizerEvents', { event });
    const level = LEVEL[event];
    if (level !== undefined) {
      logger[level](event, {
        correlationId: context.correlationId,
        ...(cause === undefined ? {} : { error: describe(cause) }),
      });
    }
  },
});

const secretOf = async (settings: Settings<'idempotency'>): Promise<string> =>
  settings.IDEMPOTENCY_HMAC_SECRET ?? readSecret(settings.IDEMPOTENCY_HMAC_SECRET_ID ?? '');

const refuseKeys = (): never => {
  throw new Error('This function takes no Idempotency-Key.');
};

/** Events that are logged for operators. The others are only counted. */
const LEVEL: Partial<Record<TokenizerEvent, 'info' | 'warn'>> = {
  'pair-adopted': 'info',
  'pair-repaired': 'info',
  'pair-contradicted': 'warn',
  'repair-postponed': 'warn',
  'outcome-unknown': 'warn',
  'reservation-quarantined': 'warn',
  'key-not-released': 'warn',
  'reference-odd': 'warn',
};

/**
 * Keyed hashes, so that nothing in the database allows guessing a key or a card number. Account and
 * principal of the caller are part of both, so two callers can use the same key. The name of the
 * session is not, because a retry can come from another session of the same role.
 */
export const claimWith =
  (secret: string) =>
  (idempotencyKey: string, cardNumber: CardNumber, { account, principal }: Caller): IdempotencyClaim => ({
    keyHash: keyedHash(secret, ['key', account, principal, idempotencyKey]),
    fingerprint: keyedHash(secret, ['body', account, principal, idempotencyKey, cardNumber.reveal()]),
  });

/** The length precedes each part, so two different lists never have the same input. */
function keyedHash(secret: string, parts: readonly string[]): Buffer {
  const hash = createHmac('sha256', secret);
  for (const part of parts) {
    const bytes = Buffer.from(part);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest();
}
