import { databaseRoleOf } from '../../lambdas/database-roles.ts';
import { FUNCTION_SETTINGS, type FunctionName } from '../../lambdas/functions.ts';
import type { GroupEnvironment } from '../../lambdas/runtime/group-environment.ts';
import type { GroupName } from '../../lambdas/runtime/setting-groups.ts';
import type { FunctionContext } from './function-context.ts';

/**
 * The variables of each group of settings. A variable without a default that is missing here does
 * not compile, and neither does a variable that is no setting.
 */
const VARIABLES: {
  readonly [Group in GroupName]: (context: FunctionContext, name: FunctionName) => GroupEnvironment<Group>;
} = {
  domain: ({ domain, settings }) => ({ PRODUCER_DOMAIN: domain, ...settings.source }),
  strategy: () => ({}),
  request: () => ({}),
  database: databaseVariables,
  tome: ({ tomeUrl, settings }) => ({ TOME_URL: tomeUrl, ...asTexts(settings.tomeCalls) }),
  idempotency: ({ idempotencySecret }) => ({ IDEMPOTENCY_HMAC_SECRET_ID: idempotencySecret.id }),
  callers: ({ settings }) => asTexts(settings.callerBudgets ?? {}),
  creation: () => ({}),
  pool: ({ settings }) => ({ ...asTexts(settings.pool), GAUGES_TO: 'cloudwatch' }),
  prefetch: () => ({}),
  settle: () => ({}),
  relay: ({ cardEvents }) => ({ EVENT_QUEUE_URL: cardEvents.queueUrl }),
};

/** The environment of a function: the variables of the groups that it reads, and no other. */
export const functionEnvironment = (context: FunctionContext, name: FunctionName): Readonly<Record<string, string>> =>
  Object.assign({}, ...FUNCTION_SETTINGS[name].map((group: GroupName) => VARIABLES[group](context, name)));

function databaseVariables({ signIn }: FunctionContext, name: FunctionName): GroupEnvironment<'database'> {
  const access = signIn(name);
  return access.by === 'secret'
    ? {
        DATABASE_SECRET_ID: access.secret.id,
        ...(access.host === undefined ? {} : { DATABASE_HOST: access.host }),
        DATABASE_TLS: String(access.isTls),
      }
    : {
        DATABASE_HOST: access.host,
        DATABASE_USER: databaseRoleOf(name),
        // Prepared statements would pin the proxy's connections.
        DATABASE_PREPARE: 'false',
      };
}

const asTexts = <Name extends string>(settings: Partial<Record<Name, number>>): Partial<Record<Name, string>> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])) as Partial<
    Record<Name, string>
  >;
