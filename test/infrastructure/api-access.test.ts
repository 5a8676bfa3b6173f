import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { returnsSources, routesIn } from '../../lambdas/api/routes.ts';
import { vocabularyOfDomain } from '../../lambdas/vocabulary.ts';
import { apiAccess } from '../../lib/api/api-access.ts';
import type { OpenOperation } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { MOST_CONSUMERS } from '../../lib/environments/validate-environment.ts';
import { identityGrants } from './policy-statements.ts';
import { contextOfTheCli } from './synthesize-environment.ts';
import { AWS_ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

interface Caller {
  readonly account: string;
  /** The ARN of the role that the caller has assumed. */
  readonly role: string;
}

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal: '*' | { readonly AWS: string | readonly string[] };
  readonly Resource: string | readonly string[];
  readonly Condition?: {
    readonly [Operator in 'ArnEquals' | 'ArnNotEquals']?: { readonly 'aws:PrincipalArn': string | readonly string[] };
  };
}

/** IAM's matching: `*` is any text including slashes, `?` is one character, case-sensitive. */
const isMatched = (pattern: string, resource: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  ).test(resource);

/** Evaluates a resource policy as IAM does: a matching Deny overrides every Allow. */
function verdict(
  statements: readonly Statement[],
  { account, role }: Caller,
  resource: string,
): 'denied' | 'allowed' | 'silent' {
  const applying = statements.filter(({ Principal, Resource, Condition }) => {
    const principals = Principal === '*' ? ['*'] : [Principal.AWS].flat();
    const equals = Condition?.ArnEquals?.['aws:PrincipalArn'];
    const differs = Condition?.ArnNotEquals?.['aws:PrincipalArn'];
    return (
      (principals.includes('*') || principals.includes(`arn:aws:iam::${account}:root`)) &&
      [Resource].flat().some((pattern) => isMatched(pattern, resource)) &&
      (equals === undefined || [equals].flat().includes(role)) &&
      (differs === undefined || ![differs].flat().includes(role))
    );
  });
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'denied';
  return applying.some(({ Effect }) => Effect === 'Allow') ? 'allowed' : 'silent';
}

const routesOf = (domain: string) => routesIn(vocabularyOfDomain(domain));

const resourceOf = (operation: string, domain = 'card'): string => {
  const route = routesOf(domain).find((candidate) => candidate.operation === operation);
  return `execute-api:/live/${route?.method}${route?.path}`;
};
const caller = (account: string, role: string): Caller => ({ account, role: `arn:aws:iam::${account}:role/${role}` });

const operationsOf = (routes: ReturnType<typeof routesOf>) => routes.map(({ operation }) => operation);
const OPEN = operationsOf(routesOf('card').filter((route) => !returnsSources(route))) as readonly OpenOperation[];
const REVEALING = operationsOf(routesOf('card').filter(returnsSources));

/** An account that no record names. */
const STRANGER = '999999999999';

const STAGES = ['live', 'test-invoke-stage', 'LIVE', 'v2', ''];
const METHODS = ['POST', 'GET', 'PUT', 'OPTIONS', 'ANY', 'post'];
const DETOKENIZE_PATHS = [
  '/v1/references/detokenize',
  '/v1/references/detokenize/',
  '/v1/references//detokenize',
  '//v1/references/detokenize',
  '/v1//references/detokenize',
  '/v1/./references/detokenize',
  '/V1/References/Detokenize',
  '/v1/REFERENCES/DETOKENIZE',
  '/v1/references/DETOKENIZE',
  '/v1/references',
  '/v1/references/detokenize/x',
  '/v1/references/detokenize?x=1',
  '/v1/%72eferences/%64etokenize',
  '/v1/references%2Fdetokenize',
  '/v1/references/anything',
];

describe.each(AWS_ENVIRONMENT_NAMES)('%s', (name) => {
  const environment = synthesized(name);
  const { account: own, domains } = ENVIRONMENTS[name];
  const policyOf = (domain: string): readonly Statement[] =>
    environment.one('AWS::ApiGateway::RestApi', `${name}-${domain}-service`).properties.Policy.Statement;

  const records = Object.entries(domains);
  const accounts = [...new Set(records.flatMap(([, { consumers }]) => consumers.map(({ account }) => account)))];
  const readers = records.flatMap(([, { consumers }]) =>
    consumers.flatMap(({ account, detokenizeRoles }) => detokenizeRoles.map((role) => caller(account, role))),
  );

  test('the policy allows a route to callers of the accounts whose record lists it, and is silent about others', () => {
    let allowed = 0;
    for (const [domain, { consumers }] of records) {
      for (const operation of OPEN) {
        for (const account of [...accounts, own, STRANGER]) {
          const isListed = consumers.some((one) => one.account === account && one.operations.includes(operation));
          const says = verdict(policyOf(domain), caller(account, 'any-role'), resourceOf(operation, domain));
          expect([domain, operation, account, says]).toEqual([
            domain,
            operation,
            account,
            isListed ? 'allowed' : 'silent',
          ]);
          if (isListed) allowed += 1;
        }
      }
    }
    expect(allowed).toBeGreaterThan(records.length);
  });

  test('the policy allows card numbers to the roles that a consumer names and denies them to all other callers', () => {
    expect(readers).not.toEqual([]);
    const callers = [
      ...readers,
      ...readers.map(({ account, role }) => ({ account, role: `${role}-2` })),
      ...readers.map(({ role }) => ({ account: STRANGER, role: role.replace(/::\d+:/, `::${STRANGER}:`) })),
      ...[...accounts, STRANGER].map((account) => caller(account, 'any-role')),
      caller(own, 'administrator'),
    ];
    for (const [domain, { consumers }] of records) {
      const named = consumers.flatMap(({ account, detokenizeRoles }) =>
        detokenizeRoles.map((role) => caller(account, role).role),
      );
      for (const operation of REVEALING) {
        for (const who of callers) {
          const says = verdict(policyOf(domain), who, resourceOf(operation, domain));
          const expected = named.includes(who.role) ? 'allowed' : 'denied';
          expect([domain, operation, who.role, says]).toEqual([domain, operation, who.role, expected]);
        }
      }
    }
  });

  test('callers without the right are denied every spelling of detokenize on every stage and method', () => {
    const unnamed = [
      caller(own, 'administrator'),
      caller(STRANGER, 'card-embossing'),
      ...accounts.map((account) => caller(account, 'any-role')),
    ];
    const resources = STAGES.flatMap((stage) =>
      METHODS.flatMap((method) => DETOKENIZE_PATHS.map((path) => `execute-api:/${stage}/${method}${path}`)),
    );
    expect(resources.length).toBeGreaterThan(300);
    for (const domain of Object.keys(domains)) {
      const policy = policyOf(domain);
      const open = resources.filter((resource) => unnamed.some((who) => verdict(policy, who, resource) !== 'denied'));
      expect(open).toEqual([]);
    }
    for (const [domain, { consumers }] of records) {
      const named = readers.filter(({ account, role }) =>
        consumers.some(
          (one) => one.account === account && one.detokenizeRoles.some((name) => role.endsWith(`/${name}`)),
        ),
      );
      for (const reader of named) {
        const denied = resources.filter((resource) => verdict(policyOf(domain), reader, resource) === 'denied');
        expect(denied).toEqual([]);
      }
    }
  });

  test('the denial of detokenize covers no other route', () => {
    for (const domain of Object.keys(domains)) {
      for (const operation of OPEN) {
        expect(verdict(policyOf(domain), caller(own, 'administrator'), resourceOf(operation, domain))).toBe('silent');
      }
    }
  });

  test('two managed policies grant use of the API and detokenize, and no role of this product has them', () => {
    for (const domain of Object.keys(domains)) {
      const stack = `${name}-${domain}-service`;
      const granted = (holder: string) =>
        identityGrants(environment)
          .filter((grant) => grant.stack === stack && grant.holder === holder)
          .map(({ action, resource }) => `${action} ${resource.replace(/^.*:ApiRestApi\/live/, '')}`);
      const right = (operations: readonly { method: string; path: string }[]) =>
        operations.map(({ method, path }) => `execute-api:Invoke /${method}${path}`).sort();
      expect(granted('Callersuse').sort()).toEqual(right(routesOf(domain).filter((route) => !returnsSources(route))));
      expect(granted('Callersdetokenize')).toEqual(right(routesOf(domain).filter(returnsSources)));
    }
    const attached = environment.all('AWS::IAM::Role').flatMap(({ properties }) => properties.ManagedPolicyArns ?? []);
    expect(attached.filter((policy: string) => policy.startsWith('Callers'))).toEqual([]);
    const invokers = identityGrants(environment).filter(({ action }) => action.startsWith('execute-api:'));
    expect([...new Set(invokers.map(({ holder }) => holder))].sort()).toEqual(['Callersdetokenize', 'Callersuse']);
  });
});

test('the resource policy for the maximum number of consumers is within the quota of API Gateway', () => {
  const operations = OPEN;
  const consumers = Array.from({ length: MOST_CONSUMERS }, (_, index) => ({
    name: `consumer-${index}`,
    account: String(100_000_000_000 + index),
    // Consumers with one to all operations, each with a role that may detokenize.
    operations: operations.slice(0, 1 + (index % operations.length)),
    detokenizeRoles: [`role-that-may-read-card-numbers-${index}`],
  }));
  const stack = new Stack(new App({ context: contextOfTheCli() }), 'Quota');
  const policy = JSON.stringify(stack.resolve(apiAccess(consumers, vocabularyOfDomain('program'))))
    .replaceAll('{"Ref":"AWS::Partition"}', 'aws')
    .replaceAll('execute-api:/', 'arn:aws:execute-api:us-east-1:444444444444:a1b2c3d4e5/');
  expect(policy).toContain(consumers.at(-1)?.account);
  expect(policy.length).toBeLessThan(8_192);
});
