import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeTemporaryFolder } from '../../local/temporary-folder.ts';

/** The parts of an environment that cost money while they exist. */
export interface DeployedParts {
  readonly domains: number;
  /** Minimum ACU of all instances of all clusters. */
  readonly auroraLeastAcu: number;
  readonly proxies: number;
  /** Minimum ACU of the cluster behind each proxy. */
  readonly acuBehindProxy: number;
  /** Interface endpoints, counted once for each zone. */
  readonly endpoints: number;
  readonly warmGb: number;
  readonly keys: number;
  readonly secrets: number;
  readonly alarmMetrics: number;
  readonly dashboards: number;
  readonly webAcls: number;
  readonly webAclRules: number;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
export type Template = Readonly<Record<string, Resource>>;

/**
 * Synthesizes an environment and counts its parts. Takes half a minute. Rejects with the output of
 * CDK when the synthesis fails.
 */
export async function deployedParts(environment: string): Promise<DeployedParts> {
  const { path: folder, remove } = await makeTemporaryFolder('cost');
  try {
    await promisify(execFile)('npx', ['cdk', 'synth', '-c', `env=${environment}`, '--quiet', '--output', folder]);
    const files = readdirSync(folder).filter((file) => file.endsWith('.template.json'));
    return countParts(files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).Resources as Template));
  } finally {
    await remove();
  }
}

/** Counts the parts of all stacks of an environment. */
export function countParts(stacks: readonly Template[]): DeployedParts {
  const all = stacks.flatMap((stack) => Object.values(stack));
  const ofType = (type: string, among: readonly Resource[] = all): readonly Resource[] =>
    among.filter((resource) => resource.Type === type);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const clusters = stacks.flatMap((stack) => {
    const resources = Object.values(stack);
    const cluster = ofType('AWS::RDS::DBCluster', resources)[0]?.Properties;
    if (cluster === undefined) return [];
    const { MinCapacity = 0 } = (cluster['ServerlessV2ScalingConfiguration'] ?? {}) as { MinCapacity?: number };
    return [
      {
        acu: MinCapacity * ofType('AWS::RDS::DBInstance', resources).length,
        // RDS creates the administrator's secret, which is in no template.
        keepsSecret: cluster['ManageMasterUserPassword'] === true,
      },
    ];
  });
  return {
    domains: ofType('AWS::ApiGateway::RestApi').length,
    auroraLeastAcu: sum(clusters.map(({ acu }) => acu)),
    proxies: ofType('AWS::RDS::DBProxy').length,
    acuBehindProxy: Math.max(0, ...clusters.map(({ acu }) => acu)),
    endpoints: sum(ofType('AWS::EC2::VPCEndpoint').map(({ Properties }) => lengthOf(Properties?.['SubnetIds']))),
    warmGb: sum(stacks.map(warmGbOf)),
    keys: ofType('AWS::KMS::Key').length,
    secrets: ofType('AWS::SecretsManager::Secret').length + clusters.filter(({ keepsSecret }) => keepsSecret).length,
    alarmMetrics: sum(ofType('AWS::CloudWatch::Alarm').map(metricsOfAlarm)),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    webAcls: ofType('AWS::WAFv2::WebACL').length,
    webAclRules: sum(ofType('AWS::WAFv2::WebACL').map(({ Properties }) => lengthOf(Properties?.['Rules']))),
  };
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/**
 * The price of an alarm depends on its number of metrics. An anomaly detection band counts as two
 * more.
 */
function metricsOfAlarm({ Properties = {} }: Resource): number {
  const metrics = Properties['Metrics'];
  if (!Array.isArray(metrics)) return 1;
  const band = 'ThresholdMetricId' in Properties ? 2 : 0;
  return metrics.filter((metric: object) => 'MetricStat' in metric).length + band;
}

/** Memory with provisioned concurrency, in gigabytes. */
function warmGbOf(stack: Template): number {
  let gb = 0;
  for (const { Type, Properties = {} } of Object.values(stack)) {
    if (Type !== 'AWS::Lambda::Alias') continue;
    const warm = Properties['ProvisionedConcurrencyConfig'] as { ProvisionedConcurrentExecutions?: number } | undefined;
    const { Ref = '' } = Properties['FunctionName'] as { Ref?: string };
    const memoryMb = Number(stack[Ref]?.Properties?.['MemorySize'] ?? 128);
    gb += ((warm?.ProvisionedConcurrentExecutions ?? 0) * memoryMb) / 1_024;
  }
  return gb;
}
