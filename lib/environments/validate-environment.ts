import { thresholdFaults } from './alarm-thresholds.ts';
import { settingFaults } from './domain-settings.ts';
import type { AwsEnvironment, DomainSettings, Environment } from './environment.ts';
import { ENVIRONMENTS } from './environments.ts';
import { functionFaults } from './function-faults.ts';
import { LOG_RETENTION_DAYS } from './retention.ts';
import { broken, type Rule } from './rule.ts';
import { isEndpointService, tomeFaults } from './tome-faults.ts';
import { limitFaults } from './tome-limits.ts';
import { MOST_ZONES } from './zones.ts';

/**
 * The environment that `-c env=NAME` names, for its first deployment with `-c first=true`. Throws
 * when there is none, or when it has faults.
 */
export function environmentNamed(name: unknown, first?: unknown): Environment {
  const environment = Object.values(ENVIRONMENTS).find((candidate) => candidate.name === name);
  if (environment === undefined) {
    throw new Error(`Name the environment as -c env=NAME, with one of ${Object.keys(ENVIRONMENTS).join(', ')}.`);
  }
  assertUsable(environment);
  if (first === undefined) return environment;
  if (first !== 'true') throw new Error('-c first must be true, or absent.');
  return { ...environment, isFirstDeployment: true };
}

/** Throws with all of an environment's faults at once. */
export function assertUsable(environment: Environment): void {
  const faults = faultsOf(environment);
  if (faults.length > 0) throw new Error(`The environment cannot be deployed.\n${faults.join('\n')}`);
}

/** The faults of an environment, each as a sentence that begins with its name. */
export function faultsOf(environment: Environment): readonly string[] {
  const faults = [
    ...faultsOfAny(environment),
    ...(environment.kind === 'aws' ? faultsOfAws(environment) : []),
    ...Object.entries(environment.domains).flatMap(([domain, settings]) => {
      const ofSettings = settingFaults(environment, domain, settings);
      const ofFunctions = functionFaults(settings, {
        provisioned: environment.kind === 'aws' ? environment.provisionedConcurrency : 0,
        areSettingsUsable: ofSettings.length === 0,
      });
      const ofAlarms = thresholdFaults(settings.alarms);
      const all = [...faultsOfDomain(settings), ...ofSettings, ...ofFunctions, ...ofAlarms];
      return all.map((fault) => `${domain}: ${fault}`);
    }),
    ...tomeFaults(environment),
    ...limitFaults(environment),
  ];
  return faults.map((fault) => `${environment.name}: ${fault}`);
}

/** A resource policy may have 8,192 characters (test/infrastructure/api-access.test.ts). */
export const MOST_CONSUMERS = 20;

const isAccount = (text: string): boolean => /^\d{12}$/.test(text);

function faultsOfAny(environment: Environment): readonly string[] {
  const { alarmRecipients, dayAlarmRecipients = alarmRecipients } = environment;
  return broken([
    [isAccount(environment.account), 'account must have twelve digits.'],
    [/^[a-z]{2}(-[a-z]+)+-\d$/.test(environment.region), 'region must be the name of an AWS region.'],
    [Object.keys(environment.domains).length > 0, 'domains must name at least one producer domain.'],
    [
      LOG_RETENTION_DAYS.includes(environment.logRetentionDays),
      `logRetentionDays must be one of ${LOG_RETENTION_DAYS.join(', ')}.`,
    ],
    [
      !environment.isProduction || environment.logRetentionDays >= 365,
      'logRetentionDays must be at least 365, by PCI DSS 10.5.1.',
    ],
    [
      [...alarmRecipients, ...dayAlarmRecipients].every((recipient) => /^\S+@\S+\.\S+$/.test(recipient)),
      'alarmRecipients and dayAlarmRecipients must be e-mail addresses.',
    ],
    [
      environment.kind === 'emulator' || Math.min(alarmRecipients.length, dayAlarmRecipients.length) > 0,
      'alarmRecipients and dayAlarmRecipients must name at least one address.',
    ],
  ]);
}

function faultsOfAws({ aurora, tome, ...environment }: AwsEnvironment): readonly string[] {
  const zones = environment.availabilityZones;
  const { isProduction } = environment;
  return broken([
    [zones.every((zone) => zone.startsWith(environment.region)), `availabilityZones must be in ${environment.region}.`],
    [
      zones.length >= 2 && zones.length <= MOST_ZONES && new Set(zones).size === zones.length,
      'availabilityZones must name two or three different zones.',
    ],
    [
      /^10(\.\d{1,3}){3}\/(1[6-9]|2[0-2])$/.test(environment.vpcCidr),
      'vpcCidr must be a 10.x.x.x range of /16 to /22.',
    ],
    [/^https:\/\/[a-z0-9.-]+$/.test(tome.url), 'tome.url must be an https URL without a path.'],
    [isEndpointService(tome.privateLinkService), 'tome.privateLinkService must be the name of an endpoint service.'],
    [aurora.minAcu >= 0.5, 'aurora.minAcu must be at least 0.5, because RDS Proxy keeps a database from pausing.'],
    [aurora.maxAcu >= aurora.minAcu, 'aurora.maxAcu must not be below aurora.minAcu.'],
    [
      [aurora.minAcu, aurora.maxAcu].every((acu) => acu % 0.5 === 0 && acu <= 256),
      'aurora.minAcu and aurora.maxAcu must be multiples of 0.5 up to 256.',
    ],
    [
      aurora.readers >= 1 && aurora.readers <= 15,
      'aurora.readers must be from 1 to 15, or a lost zone would stop the pool.',
    ],
    [aurora.backupDays >= 1 && aurora.backupDays <= 35, 'aurora.backupDays must be from 1 to 35.'],
    [!isProduction || aurora.deletionProtection, 'aurora.deletionProtection must be on.'],
    [!isProduction || environment.canary !== 'all-at-once', 'canary must not be all-at-once.'],
    [
      Number.isInteger(environment.provisionedConcurrency) && environment.provisionedConcurrency >= 0,
      'provisionedConcurrency must be a whole number from 0.',
    ],
    [environment.firewallRequestsPerFiveMinutes >= 100, 'firewallRequestsPerFiveMinutes must be at least 100.'],
  ]);
}

function faultsOfDomain({ consumers, restored, ...settings }: DomainSettings): readonly string[] {
  const names = consumers.map(({ name }) => name);
  return broken([
    [settings.settings.POOL_COVER_MINUTES >= 1, 'POOL_COVER_MINUTES must be at least 1.'],
    [
      Object.values(settings.expectedPeak).every((calls) => Number.isInteger(calls) && calls >= 0),
      'expectedPeak must be whole numbers from 0.',
    ],
    [isAccount(settings.eventReaderAccount), 'eventReaderAccount must have twelve digits.'],
    [
      restored === undefined || /^cluster-[A-Z0-9]+$/.test(restored.clusterResourceId),
      'restored.clusterResourceId must be a DbClusterResourceId, which starts with cluster-.',
    ],
    [
      restored === undefined ||
        /^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+$/.test(restored.administratorSecretArn),
      'restored.administratorSecretArn must be the ARN of a secret.',
    ],
    [new Set(names).size === names.length, 'consumers must have different names.'],
    [
      consumers.length <= MOST_CONSUMERS,
      `consumers must be at most ${MOST_CONSUMERS}, or the API's policy would be longer than API Gateway takes.`,
    ],
    ...consumers.flatMap(({ name, account, operations, detokenizeRoles }): readonly Rule[] => [
      [isAccount(account), `consumer ${name}: account must have twelve digits.`],
      [operations.length + detokenizeRoles.length > 0, `consumer ${name} must be allowed something.`],
      [
        detokenizeRoles.every((role) => /^[\w+=,.@/-]{1,128}$/.test(role)),
        `consumer ${name}: detokenizeRoles must be names of roles, without wildcards.`,
      ],
    ]),
  ]);
}
