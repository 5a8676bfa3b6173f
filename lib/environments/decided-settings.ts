import type { GroupName, Settings } from '../../lambdas/runtime/setting-groups.ts';

/**
 * The settings of functions that the deployment decides by itself, each with the reason. The
 * settings of a domain cannot contain them (docs/deployment.md).
 */
export const DECIDED_SETTINGS = {
  PRODUCER_DOMAIN: 'the key of the domain is its name',
  VOCABULARY: 'the words of the API follow from the domain, and the deployed routes have them',
  TOME_PROFILE: 'the profile is tome.profile of the environment or tomeProfile of the domain',
  DATABASE_URL: 'it would show a password in the configuration of the function',
  DATABASE_SECRET_ID: 'the deployment knows the secret of its database',
  DATABASE_HOST: 'the deployment knows the address of its database',
  DATABASE_PORT: 'the deployment creates its database with the default port',
  DATABASE_NAME: 'the deployment creates its database with the default name',
  DATABASE_USER: 'each function has its own role in the database',
  DATABASE_PREPARE: 'prepared statements pin the connections of RDS Proxy',
  DATABASE_TLS: 'the database accepts encrypted connections only',
  TOME_URL: 'the address is tome.url of the environment',
  TOME_CREDENTIAL: 'it would show a secret in the configuration of the function',
  TOME_CREDENTIAL_SECRET_ID: 'the secret is credentialSecretArn of the environment or the domain',
  TOME_CLIENT_CERTIFICATE: 'it would show a secret in the configuration of the function',
  TOME_CLIENT_CERTIFICATE_SECRET_ID: 'the secret is clientCertificateSecretArn of the environment or the domain',
  TOME_OTHER_CALLS_PER_SECOND: 'the synthesis computes the calls of the other domains',
  IDEMPOTENCY_HMAC_SECRET: 'it would show a secret in the configuration of the function',
  IDEMPOTENCY_HMAC_SECRET_ID: 'the deployment creates the secret',
  GAUGES_TO: 'the alarms read the gauges from CloudWatch',
  EVENT_QUEUE_URL: 'the deployment creates the queue',
} as const satisfies { readonly [Name in keyof Settings<GroupName>]?: string };

type All = Settings<GroupName>;
export type SettableName = Exclude<keyof All, keyof typeof DECIDED_SETTINGS>;

/** A number, a flag or one of a few texts as it is; a value of another type by its text. */
type Written<Value> = Value extends number | boolean | string ? Value : string;

/**
 * Settings of the functions of a domain, by their names in docs/configuration.md. A setting that is
 * not named keeps its default.
 */
export type WrittenSettings = { readonly [Name in SettableName]?: Written<NonNullable<All[Name]>> };
