import { Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { DataProtectionPolicy } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { databaseRoleOf } from '../../lambdas/database-roles.ts';
import type { FunctionRow } from '../../lambdas/function-row.ts';
import { FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
import type { DataStack } from '../data/data-stack.ts';
import type { DatabaseProxy } from '../data/database-proxy.ts';
import { emulatorAddresses } from '../environments/emulator-addresses.ts';
import type { DomainSettings, Environment, ProducerDomain, TomeCredentials } from '../environments/environment.ts';
import { namePrefix } from '../environments/stack-identity.ts';
import { otherCallsOf } from '../environments/tome-limits.ts';
import { credentialsOf, hasOtherTokenHost, profileOf } from '../environments/tome-of-domain.ts';
import { ClientGroups, type Target } from '../network/client-groups.ts';
import type { NetworkStack } from '../network/network-stack.ts';

/** A secret, by the id in the function's environment and by the ARN in its policy. */
export interface NamedSecret {
  readonly id: string;
  readonly arn: string;
}

/** How a function signs in to the database: as a role by IAM, or with a secret. */
export type SignIn =
  | { readonly by: 'iam'; readonly host: string; readonly connectArn: string }
  /** `host`: only if the secret does not contain it. */
  | { readonly by: 'secret'; readonly secret: NamedSecret; readonly host?: string; readonly isTls: boolean };

/** What functions can reach from their subnets. Each client group opens one target. */
export interface NetworkAccess {
  readonly vpc: IVpc;
  readonly clients: Readonly<Record<Target, ISecurityGroup>>;
  /** The server that issues TOME's tokens, if the domain has one. */
  readonly authorization: ISecurityGroup | undefined;
}

/** TOME, as the functions of a domain use it. */
export interface UsedTome {
  readonly url: string;
  /** What the profile asks for. */
  readonly credentials: TomeCredentials;
  /** Calls a second that the other domains make to the same TOME. */
  readonly otherCallsPerSecond: number;
}

/** What the functions of a producer domain have in common. */
export interface FunctionContext {
  readonly environment: Environment;
  readonly domain: ProducerDomain;
  readonly settings: DomainSettings;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly key: IKey;
  readonly tome: UsedTome;
  readonly signIn: (name: FunctionName) => SignIn;
  readonly idempotencySecret: NamedSecret;
  readonly cardEvents: IQueue;
  readonly deadLetters: IQueue;
  readonly logProtection: DataProtectionPolicy | undefined;
  /** Absent on the emulator. */
  readonly networkAccess: NetworkAccess | undefined;
  /** The address of an emulator of AWS. */
  readonly awsEndpointUrl: string | undefined;
}

export interface FunctionContextProps
  extends Pick<
    FunctionContext,
    'environment' | 'domain' | 'settings' | 'cardEvents' | 'deadLetters' | 'logProtection'
  > {
  readonly data: DataStack;
  /** Absent on the emulator. */
  readonly proxy: DatabaseProxy | undefined;
  readonly network: NetworkStack | undefined;
}

/**
 * On AWS the domain's own database behind RDS Proxy and the network of the environment. On the
 * emulator the addresses and the database secret that its starter provides.
 */
export function functionContext(
  scope: Construct,
  { data, proxy, network, ...given }: FunctionContextProps,
): FunctionContext {
  const { environment, domain, settings } = given;
  const { database } = data;
  const tomeAt = (url: string): UsedTome => ({
    url,
    credentials: credentialsOf(environment, settings),
    otherCallsPerSecond: otherCallsOf(environment, domain),
  });
  const shared = {
    ...given,
    name: namePrefix(environment, domain),
    key: data.key,
    idempotencySecret: secretNamed(data.idempotencySecret),
  };
  if (environment.kind === 'emulator' || database === undefined || proxy === undefined || network === undefined) {
    const { tomeUrl, awsEndpointUrl } = emulatorAddresses(scope.node);
    const secret = emulatorDatabaseSecret(Stack.of(scope), shared.name);
    return {
      ...shared,
      tome: tomeAt(tomeUrl),
      awsEndpointUrl,
      networkAccess: undefined,
      signIn: () => ({ by: 'secret', secret, isTls: false }),
    };
  }
  const { endpoints, vpc } = network;
  const targets = { ...endpoints.targets, proxy: proxy.target, cluster: database.target };
  const asksOtherHost = hasOtherTokenHost(profileOf(environment, settings), environment.tome.url);
  const { groups, authorization } = new ClientGroups(scope, 'Clients', {
    vpc,
    targets,
    authorization: asksOtherHost ? endpoints.authorization : undefined,
  });
  return {
    ...shared,
    tome: tomeAt(environment.tome.url),
    awsEndpointUrl: undefined,
    networkAccess: { vpc, clients: groups, authorization },
    signIn: (name) =>
      isAdministrator(FUNCTIONS[name])
        ? {
            by: 'secret',
            secret: secretNamed({ secretArn: database.administratorSecretArn }),
            host: database.cluster.clusterEndpoint.hostname,
            isTls: true,
          }
        : {
            by: 'iam',
            host: proxy.endpoint,
            connectArn: Stack.of(scope).formatArn({
              service: 'rds-db',
              resource: `dbuser:${proxy.resourceId}`,
              resourceName: databaseRoleOf(name),
            }),
          },
  };
}

const isAdministrator = ({ access }: FunctionRow): boolean => access.secrets.includes('administrator');

const secretNamed = ({ secretArn }: { readonly secretArn: string }): NamedSecret => ({ id: secretArn, arn: secretArn });

/** The starter of the emulator creates this secret (scripts/emulator/database-secret.ts). */
const emulatorDatabaseSecret = (stack: Stack, name: string): NamedSecret => ({
  id: `${name}/database`,
  arn: stack.formatArn({ service: 'secretsmanager', resource: `secret:${name}/database-??????` }),
});
