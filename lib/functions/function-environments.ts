import { databaseRoleOf, type FunctionName } from '../../lambdas/rights.ts';
import type { FunctionEnvironment } from '../../lambdas/runtime/function-environment.ts';
import type { FunctionContext } from './function-context.ts';

export type FunctionEnvironments = { readonly [Name in FunctionName]: FunctionEnvironment<Name> };

/** What each function is told by its environment. A variable that a function must have and that is missing here does not compile. */
export function functionEnvironments(context: FunctionContext): FunctionEnvironments {
  const { settings } = context;
  const domain = { PRODUCER_DOMAIN: context.domain };
  const tome = { TOME_URL: context.tomeUrl, ...asTexts(settings.tomeCalls) };
  const pool = { ...asTexts(settings.pool), GAUGES_TO: 'cloudwatch' };
  const callers = asTexts(settings.callerBudgets ?? {});
  const database = (name: FunctionName) => addressOf(context, name);
  return {
    'create-card': {
      ...domain,
      ...database('create-card'),
      ...tome,
      ...callers,
      IDEMPOTENCY_HMAC_SECRET_ID: context.idempotencySecret.id,
    },
    lookup: { ...domain, ...database('lookup'), ...tome, ...callers },
    'lookup-or-tokenize': { ...domain, ...database('lookup-or-tokenize'), ...tome, ...callers },
    detokenize: { ...domain, ...database('detokenize'), ...tome, ...callers },
    pool: { ...domain, ...database('pool') },
    prefetch: { ...domain, ...database('prefetch'), ...tome, ...pool },
    'pool-health': { ...domain, ...database('pool-health'), ...pool },
    'settle-reservations': { ...domain, ...database('settle-reservations') },
    'relay-events': {
      ...domain,
      ...database('relay-events'),
      EVENT_QUEUE_URL: context.cardEvents.queueUrl,
    },
    'fence-restored': { ...domain, ...database('fence-restored') },
    migrate: { ...domain, ...database('migrate') },
  };
}

function addressOf({ signIn }: FunctionContext, name: FunctionName) {
  const way = signIn(name);
  return way.by === 'secret'
    ? {
        DATABASE_SECRET_ID: way.secret.id,
        ...(way.host === undefined ? {} : { DATABASE_HOST: way.host }),
        DATABASE_TLS: String(way.isTls),
      }
    : {
        DATABASE_HOST: way.host,
        DATABASE_USER: databaseRoleOf(name),
        // Prepared statements would pin the proxy's connections.
        DATABASE_PREPARE: 'false',
      };
}

const asTexts = <Name extends string>(settings: Partial<Record<Name, number>>): Partial<Record<Name, string>> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])) as Partial<
    Record<Name, string>
  >;
