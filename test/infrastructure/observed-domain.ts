import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { deployDomain } from '../../lib/deploy-environment.ts';
import type { DomainSettings } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS, type EnvironmentName } from '../../lib/environments/environments.ts';
import { NetworkStack } from '../../lib/network/network-stack.ts';
import type { AlarmProperties } from './alarm-evaluation.ts';

export interface ObservedDomain {
  readonly template: Template;
  readonly settings: DomainSettings;
  readonly alarms: readonly AlarmProperties[];
  /** An alarm by its name without the prefix of environment and domain. */
  alarm(name: string): AlarmProperties;
  /**
   * The alarms of the service stack: those that roll back a release, and the one that starts a
   * refill.
   */
  readonly serviceAlarms: readonly AlarmProperties[];
  /** The JSON of the dashboard, with `token` in place of CloudFormation functions. */
  readonly dashboard: string;
}

/** The context of a deployment, without bundling, because alarms do not depend on bundles. */
const CONTEXT = { ...JSON.parse(readFileSync('cdk.json', 'utf8')).context, 'aws:cdk:bundling-stacks': [] };

/** The card domain of an environment as deployed, with the settings that a test changes. */
export function observedDomain(name: EnvironmentName, changes: Partial<DomainSettings> = {}): ObservedDomain {
  const environment = ENVIRONMENTS[name];
  if (environment.domains.card === undefined) throw new Error(`${name} has no card domain.`);
  const settings = { ...environment.domains.card, ...changes };
  const app = new App({ context: CONTEXT });
  const network = environment.kind === 'aws' ? new NetworkStack(app, environment) : undefined;
  const { service, observability } = deployDomain(app, { environment, domain: 'card', settings, network });
  const template = Template.fromStack(observability);
  const alarms = alarmsOf(template);
  return {
    template,
    settings,
    alarms,
    alarm(alarmName) {
      const alarm = alarms.find(({ AlarmName }) => AlarmName === `${name}-card-${alarmName}`);
      if (alarm === undefined) throw new Error(`There is no alarm ${alarmName}.`);
      return alarm;
    },
    serviceAlarms: alarmsOf(Template.fromStack(service)),
    dashboard: textOf(Object.values(template.findResources('AWS::CloudWatch::Dashboard'))[0]?.['Properties']),
  };
}

const alarmsOf = (template: Template): readonly AlarmProperties[] =>
  Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);

function textOf(properties: { readonly DashboardBody: unknown } | undefined): string {
  const body = properties?.DashboardBody as string | { 'Fn::Join': [string, readonly unknown[]] };
  if (typeof body === 'string') return body;
  return body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'token')).join('');
}
