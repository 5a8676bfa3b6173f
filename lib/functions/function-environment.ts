import { Token } from 'aws-cdk-lib';
import { databaseRoleOf } from '../../lambdas/database-roles.ts';
import { FUNCTION_SETTINGS, type FunctionName } from '../../lambdas/functions.ts';
import type { GroupEnvironment } from '../../lambdas/runtime/group-environment.ts';
import type { GroupName } from '../../lambdas/runtime/setting-groups.ts';
import { identityVariables, variablesOf } from '../environments/domain-settings.ts';
import type { TomeCredentials } from '../environments/environment.ts';
import type { FunctionContext } from './function-context.ts';

/**
 * The variables of each group of settings that the deployment decides (decided-settings.ts). A
 * variable without a default that is missing here does not compile, and neither does a variable
 * that is no setting.
 */
const VARIABLES: {
  readonly [Group in GroupName]: (context: FunctionContext, name: FunctionName) => GroupEnvironment<Group>;
} = {
  domain: ({ environment, domain, settings }) => identityVariables(environment, domain, settings),
  strategy: () => ({}),
  request: () => ({}),
  database: databaseVariables,
  tome: ({ tome }) => ({
    TOME_URL: tome.url,
    ...secretIds(tome.credentials),
    TOME_OTHER_CALLS_PER_SECOND: String(tome.otherCallsPerSecond),
  }),
  idempotency: ({ idempotencySecret }) => ({ IDEMPOTENCY_HMAC_SECRET_ID: idempotencySecret.id }),
  callers: () => ({}),
  creation: () => ({}),
  pool: () => ({ GAUGES_TO: 'cloudwatch' }),
  prefetch: () => ({}),
  settle: () => ({}),
  relay: ({ cardEvents }) => ({ EVENT_QUEUE_URL: cardEvents.queueUrl }),
};

const secretIds = ({ credentialSecretArn, clientCertificateSecretArn }: TomeCredentials) => ({
  ...(credentialSecretArn === undefined ? {} : { TOME_CREDENTIAL_SECRET_ID: credentialSecretArn }),
  ...(clientCertificateSecretArn === undefined
    ? {}
    : { TOME_CLIENT_CERTIFICATE_SECRET_ID: clientCertificateSecretArn }),
});

/**
 * The environment of a function: the variables of the groups that it reads, and no other. Throws
 * when Lambda would not take it.
 */
export function functionEnvironment(context: FunctionContext, name: FunctionName): Readonly<Record<string, string>> {
  const variables: Readonly<Record<string, string>> = Object.assign(
    {},
    ...FUNCTION_SETTINGS[name].flatMap((group: GroupName) => [
      variablesOf(group, context.settings.settings),
      VARIABLES[group](context, name),
    ]),
  );
  const bytes = Object.entries(variables).reduce((sum, [key, value]) => sum + key.length + bytesOf(value), 0);
  if (bytes > MOST_BYTES) {
    throw new Error(
      `${context.environment.name}: ${context.domain}: the environment of ${name} has ${bytes} bytes and Lambda ` +
        `takes 4096: the profile of TOME, ${bytesOf(variables['TOME_PROFILE'] ?? '')} of them, must be shorter.`,
    );
  }
  return variables;
}

/** Lambda takes 4 KB. The rest is for the variables that token-function.ts adds. */
const MOST_BYTES = 4_096 - 128;
/** More than the value of any reference to another resource has: ARNs, host names, URLs. */
const BYTES_OF_REFERENCE = 192;

const bytesOf = (value: string): number => (Token.isUnresolved(value) ? BYTES_OF_REFERENCE : Buffer.byteLength(value));

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
