import { Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { EncryptionKey } from '../encryption/encryption-key.ts';
import type { AwsEnvironment } from '../environments/environment.ts';
import { stackIdentity } from '../environments/stack-identity.ts';
import { ApiLogWriting } from '../logs/api-log-writing.ts';
import { keepProviderLogs } from '../logs/provider-logs.ts';
import { InterfaceEndpoints } from './interface-endpoints.ts';
import { Network } from './network.ts';

/** The resources that all producer domains of an environment share. They rarely change. */
export class NetworkStack extends Stack {
  readonly vpc: IVpc;
  readonly endpoints: InterfaceEndpoints;
  readonly #zones: readonly string[];

  constructor(scope: Construct, environment: AwsEnvironment) {
    super(scope, `${environment.name}-network`, stackIdentity(environment, 'network'));
    this.#zones = environment.availabilityZones;
    const key = new EncryptionKey(this, 'Key', environment);
    this.vpc = new Network(this, 'Network', { environment, key }).vpc;
    this.endpoints = new InterfaceEndpoints(this, 'InterfaceEndpoints', { environment, vpc: this.vpc });
    new ApiLogWriting(this, 'ApiLogWriting');
    keepProviderLogs(this, { environment, key });
  }

  /** The zones that environments.ts names. Without this, synthesis would query the account. */
  override get availabilityZones(): string[] {
    return [...this.#zones];
  }
}
