import { describe, expect, test } from 'vitest';
import { functionNames, isRoute, routeNames } from '../../lambdas/function-names.ts';
import type { FunctionRow } from '../../lambdas/function-row.ts';
import { FUNCTION_SETTINGS, FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
import type { GroupName } from '../../lambdas/runtime/setting-groups.ts';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { inWordsOf, vocabularyOfDomain } from '../../lambdas/vocabulary.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

const SERVICES = ENVIRONMENT_NAMES.flatMap((name) =>
  Object.keys(ENVIRONMENTS[name].domains).map((domain) => [`${name}-${domain}-service`, name, domain] as const),
);
const rowOf = (name: FunctionName): FunctionRow => FUNCTIONS[name];

/** Groups without an address that only CloudFormation knows. */
const OF_TOME: ReadonlySet<GroupName> = new Set(['domain', 'strategy', 'tome', 'creation']);
const nameOf = (profile: string | { readonly name: string }): string =>
  typeof profile === 'string' ? profile : profile.name;

describe.each(SERVICES)('%s', (stack, name, domain) => {
  const environment = synthesized(name);
  const prefix = `${name}-${domain}`;
  const own = environment
    .all('AWS::Lambda::Function', stack)
    .filter(({ properties }) => properties.FunctionName !== undefined)
    .map(({ id, dependsOn, properties }) => ({
      id,
      dependsOn,
      properties,
      name: String(properties.FunctionName).replace(`${prefix}-`, '') as FunctionName,
    }));

  test('has exactly one function for each row of the table', () => {
    expect(own.map((found) => found.name).sort()).toEqual(functionNames().toSorted());
    expect(new Set(own.map(({ properties }) => properties.Runtime))).toEqual(new Set(['nodejs24.x']));
    expect(new Set(own.map(({ properties }) => properties.TracingConfig.Mode))).toEqual(new Set(['Active']));
  });

  test('memory, timeout and description of each function are those of its row', () => {
    for (const { name: of, properties } of own) {
      const { description, lambda } = rowOf(of);
      expect([of, properties.Description, properties.MemorySize, properties.Timeout]).toEqual([
        of,
        inWordsOf(vocabularyOfDomain(domain), description),
        lambda.memoryMb,
        lambda.timeoutSeconds,
      ]);
    }
  });

  test('jobs have a dead-letter queue for lost events and failed runs; only the API invokes the others', () => {
    const unattended = environment.all('AWS::Lambda::EventInvokeConfig', stack).map(({ properties }) => properties);
    for (const { id, name: of, properties } of own) {
      const isJob = !isRoute(of);
      expect(properties.DeadLetterConfig?.TargetArn).toBe(isJob ? 'DeadLetters.Arn' : undefined);
      const invocation = unattended.find(({ FunctionName }) => FunctionName === id);
      expect(invocation?.DestinationConfig.OnFailure.Destination).toBe(isJob ? 'DeadLetters.Arn' : undefined);
      if (isJob) expect(invocation?.MaximumRetryAttempts).toBe(0);
    }
    const callers = environment.all('AWS::Lambda::Permission', stack).map(({ properties }) => properties);
    const waited = callers.filter(({ Principal }) => Principal === 'apigateway.amazonaws.com');
    expect(waited.map(({ FunctionName }) => String(FunctionName)).sort()).toEqual(
      routeNames()
        .map((route) => `Functions${route.replaceAll('-', '')}FunctionAliaslive`)
        .sort(),
    );
    expect(
      waited.every(({ SourceArn }) => /ApiRestApi\/ApiRestApiDeploymentStagelive\/(GET|POST)\/v1\//.test(SourceArn)),
    ).toBe(true);
    const others = callers.filter(({ Principal }) => Principal !== 'apigateway.amazonaws.com');
    expect(
      others.map(({ FunctionName, Principal, SourceArn }) => `${Principal} ${SourceArn} ${FunctionName}`).sort(),
    ).toEqual([
      'events.amazonaws.com RefillRule.Arn FunctionsprefetchFunction.Arn',
      'sns.amazonaws.com RefillTopic FunctionsprefetchFunction.Arn',
    ]);
  });

  test('a job has one run at a time, and a route the concurrency that its domain reserves', () => {
    const written = ENVIRONMENTS[name].domains[domain as 'card' | 'program']?.functions;
    if (ENVIRONMENTS[name].isProduction) expect(Object.keys(written ?? {})).toEqual(['detokenize', 'pool']);
    for (const { name: of, properties } of own) {
      expect(properties.ReservedConcurrentExecutions).toBe(
        isRoute(of) ? (written?.[of]?.reservedConcurrency ?? undefined) : 1,
      );
    }
  });

  test('Lambda writes its own lines of every function as JSON', () => {
    const formats = own.map(({ name: of, properties }) => [of, properties.LoggingConfig.LogFormat]);
    expect(formats.filter(([, format]) => format !== 'JSON')).toEqual([]);
    expect(own.filter(({ properties }) => 'ApplicationLogLevel' in properties.LoggingConfig)).toEqual([]);
  });

  test('no function has a variable that makes it log its events', () => {
    const variables = own.flatMap(({ properties }) => Object.keys(properties.Environment.Variables));
    expect(variables.length).toBeGreaterThan(20);
    expect(
      variables.filter((variable) => variable.startsWith('POWERTOOLS_') || variable === 'AWS_LAMBDA_LOG_LEVEL'),
    ).toEqual([]);
  });

  test('every function has its domain as a variable, which selects its metric namespace', () => {
    expect(new Set(own.map(({ properties }) => properties.Environment.Variables.PRODUCER_DOMAIN))).toEqual(
      new Set([domain]),
    );
  });

  test('every function accepts the profile of TOME and the limits of its domain, with the calls of the others', () => {
    const of = ENVIRONMENTS[name];
    const isAlone = Object.keys(of.domains).length === 1;
    const profile = of.kind === 'aws' ? nameOf(of.tome.profile) : 'simulator';
    for (const { name: ofFunction, properties } of own) {
      const { Variables } = properties.Environment;
      const groups = FUNCTION_SETTINGS[ofFunction].filter((group) => OF_TOME.has(group));
      expect(readSettings(groups, Variables)).toMatchObject({ TOME_PROFILE: { name: profile } });
      const knowsOthers = Number(Variables.TOME_OTHER_CALLS_PER_SECOND) > 0;
      expect([ofFunction, knowsOthers]).toEqual([ofFunction, rowOf(ofFunction).access.tome && !isAlone]);
    }
  });

  test('the migration runs before any other function changes, and its failure stops the deployment', () => {
    for (const { name: of, dependsOn } of own)
      expect([of, dependsOn.includes('MigrationRun')]).toEqual([of, of !== 'migrate']);
    for (const type of ['AWS::Lambda::Alias', 'AWS::Lambda::Version']) {
      for (const { dependsOn, id } of environment.all(type, stack))
        expect([id, dependsOn.includes('MigrationRun')]).toEqual([id, !id.startsWith('Functionsmigrate')]);
    }
  });

  test('each new version of the migration is run by the provider, which waits for an inactive function', () => {
    expect(environment.one('Custom::Migration', stack).properties).toMatchObject({
      ServiceToken: 'MigrationProviderframeworkonEvent.Arn',
      version: 'FunctionsmigrateFunctionCurrentVersion.Version',
    });
    const provider = environment.one('AWS::Lambda::Function', stack, 'MigrationProvider').properties;
    expect(provider.Environment.Variables).toEqual({ USER_ON_EVENT_FUNCTION_ARN: 'FunctionsmigrateFunction.Arn' });
    expect(environment.all('Custom::Trigger')).toEqual([]);
  });

  test('deleting the stack does not run the migration', () => {
    // CloudFormation sends no request to delete a retained custom resource.
    expect(environment.one('Custom::Migration', stack).deletionPolicy).toBe('Retain');
  });

  test('the deployment waits for the migration longer than the function’s timeout', () => {
    const seconds = own.find(({ name: of }) => of === 'migrate')?.properties.Timeout;
    const waited = Number(environment.one('Custom::Migration', stack).properties.ServiceTimeout);
    const provider = environment.one('AWS::Lambda::Function', stack, 'MigrationProvider').properties;
    expect(seconds).toBeGreaterThan(600);
    expect(waited).toBeGreaterThan(seconds);
    expect(provider.Timeout).toBeGreaterThan(seconds);
  });

  test('functions sign in to the database as their own role, and only the migration as its administrator', () => {
    for (const { name: of, properties } of own) {
      const { DATABASE_USER, DATABASE_SECRET_ID, DATABASE_PREPARE, DATABASE_TLS } = properties.Environment.Variables;
      if (ENVIRONMENTS[name].kind === 'emulator') {
        expect([DATABASE_SECRET_ID, DATABASE_USER]).toEqual([`${prefix}/database`, undefined]);
      } else if (of === 'migrate') {
        expect([DATABASE_SECRET_ID, DATABASE_TLS]).toEqual([
          `${prefix}-data:DatabaseClusterMasterUserSecretSecretArn`,
          'true',
        ]);
      } else {
        expect([DATABASE_SECRET_ID, DATABASE_USER, DATABASE_PREPARE]).toEqual([
          undefined,
          of.replaceAll('-', '_'),
          'false',
        ]);
      }
    }
  });
});
