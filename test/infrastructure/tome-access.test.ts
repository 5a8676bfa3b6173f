import { beforeAll, describe, expect, test } from 'vitest';
import { functionNames } from '../../lambdas/function-names.ts';
import { FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import type { AwsEnvironment, DomainSettings } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { identityGrants } from './policy-statements.ts';
import { type Synthesis, synthesize } from './synthesize-environment.ts';
import type { Resource } from './synthesized-environment.ts';

const { simulator } = SHIPPED_PROFILES;
const dev = ENVIRONMENTS.dev as AwsEnvironment;
const secretNamed = (name: string) => `arn:aws:secretsmanager:us-east-1:111111111111:secret:${name}-Ab12Cd`;
const KEY = 'arn:aws:kms:us-east-1:111111111111:key/0123abcd-0123-0123-0123-0123456789ab';
const METHODS = ['prefetch', 'tokenize'].map(
  (operation) => `arn:aws:execute-api:us-east-1:999999999999:a1b2c3d4e5/live/POST/v1/namespaces/ns1/${operation}`,
);
const callsTome = (name: FunctionName): boolean => FUNCTIONS[name].access.tome;
const idOf = (name: FunctionName): string => `Functions${name.replaceAll('-', '')}`;

/** The card domain signs in to an authorization server; the program domain signs its requests. */
const environment: AwsEnvironment = {
  ...dev,
  tome: {
    ...dev.tome,
    profile: {
      ...simulator,
      name: 'signed-in',
      authentication: { kind: 'oauth2', tokenUrl: 'https://sign-in.bank.example/token' },
    },
    tokenPrivateLinkService: 'com.amazonaws.vpce.us-east-1.vpce-svc-0fedcba9876543210',
    credentialSecretArn: secretNamed('dev/credential'),
  },
  domains: {
    card: {
      ...(dev.domains.card as DomainSettings),
      settings: {
        ...(dev.domains.card as DomainSettings).settings,
        REFERENCE_LUHN: 'any',
        UNACCEPTABLE_REFERENCES: 'refuse',
      },
    },
    program: {
      ...(dev.domains.program as DomainSettings),
      tomeProfile: {
        ...simulator,
        name: 'signed',
        authentication: { kind: 'sigv4', service: 'execute-api', region: 'us-east-1' },
        clientCertificate: true,
      },
      tomeCredentials: {
        executeApiArns: METHODS,
        clientCertificateSecretArn: secretNamed('dev/certificate'),
        secretsKeyArn: KEY,
      },
    },
  },
};

describe('an environment whose domains identify themselves in different ways', () => {
  let synthesis: Synthesis;

  beforeAll(() => {
    synthesis = synthesize(environment, { isChecked: true });
  });

  const grantsOf = (name: FunctionName, domain: string): readonly string[] =>
    identityGrants(synthesis)
      .filter(
        ({ stack, holder, action }) =>
          stack === `dev-${domain}-service` &&
          holder === `${idOf(name)}Policy` &&
          /^(secretsmanager|execute-api|kms):/.test(action),
      )
      .filter(({ resource }) => !resource.startsWith(`dev-${domain}-data:`))
      .map(({ action, resource }) => `${action} on ${resource}`)
      .sort();

  const functionOf = (name: FunctionName, domain: string): Resource => {
    const found = synthesis.resources.find(
      ({ stack, id, type }) =>
        stack === `dev-${domain}-service` && type === 'AWS::Lambda::Function' && id === `${idOf(name)}Function`,
    );
    if (found === undefined) throw new Error(`${domain} has no function ${name}.`);
    return found;
  };

  const targetsOf = (name: FunctionName, domain: string): readonly string[] =>
    functionOf(name, domain)
      .properties.VpcConfig.SecurityGroupIds.map(String)
      .flatMap((group: string) => /^Clients(\w+)\.GroupId$/.exec(group)?.[1] ?? [])
      .sort();

  test('passes the checks of a deployment', () => {
    expect(synthesis.report.pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });

  test('only functions that call TOME may read its secrets, and each domain only its own', () => {
    for (const name of functionNames()) {
      expect([name, grantsOf(name, 'card')]).toEqual([
        name,
        callsTome(name) ? [`secretsmanager:GetSecretValue on ${secretNamed('dev/credential')}`] : [],
      ]);
    }
  });

  test('only functions that call TOME may invoke its methods and use the key of their secrets', () => {
    for (const name of functionNames()) {
      expect([name, grantsOf(name, 'program')]).toEqual([
        name,
        callsTome(name)
          ? [
              ...METHODS.map((method) => `execute-api:Invoke on ${method}`),
              `kms:Decrypt on ${KEY}`,
              `secretsmanager:GetSecretValue on ${secretNamed('dev/certificate')}`,
            ].sort()
          : [],
      ]);
    }
  });

  test('only functions that get tokens from the authorization server reach it', () => {
    expect(targetsOf('prefetch', 'card')).toEqual(['authorization', 'proxy', 'secrets', 'tome']);
    expect(targetsOf('prefetch', 'program')).toEqual(['proxy', 'secrets', 'tome']);
    expect(targetsOf('pool-health', 'card')).toEqual(['metrics', 'proxy']);
    const services = synthesis.resources
      .filter(({ type }) => type === 'AWS::EC2::VPCEndpoint')
      .map(({ properties }) => properties.ServiceName);
    expect(services).toContain(environment.tome.tokenPrivateLinkService);
  });

  test('only functions that call TOME have the ids of its secrets', () => {
    for (const name of functionNames()) {
      const ids = ['card', 'program'].map((domain) => {
        const { Variables } = functionOf(name, domain).properties.Environment;
        return [Variables.TOME_CREDENTIAL_SECRET_ID, Variables.TOME_CLIENT_CERTIFICATE_SECRET_ID];
      });
      const expected = callsTome(name)
        ? [
            [secretNamed('dev/credential'), undefined],
            [undefined, secretNamed('dev/certificate')],
          ]
        : [
            [undefined, undefined],
            [undefined, undefined],
          ];
      expect([name, ids]).toEqual([name, expected]);
    }
  });

  test('functions have the rules for references of their domain', () => {
    const rulesOf = (name: FunctionName, domain: string): readonly unknown[] => {
      const { REFERENCE_LUHN, UNACCEPTABLE_REFERENCES } = functionOf(name, domain).properties.Environment.Variables;
      return [REFERENCE_LUHN, UNACCEPTABLE_REFERENCES];
    };
    expect(rulesOf('create-card', 'card')).toEqual(['any', 'refuse']);
    expect(rulesOf('pool', 'card')).toEqual(['any', undefined]);
    expect(rulesOf('create-card', 'program')).toEqual([undefined, undefined]);
  });

  test('every function has the profile of its domain', () => {
    for (const name of functionNames()) {
      const profiles = ['card', 'program'].map(
        (domain) => functionOf(name, domain).properties.Environment.Variables.TOME_PROFILE,
      );
      expect(profiles.map((text) => JSON.parse(text).name)).toEqual(['signed-in', 'signed']);
    }
  });
});

test('a profile that makes the environment of a function too large stops the synthesis', () => {
  const forbiddenStarts = Array.from({ length: 300 }, (_, index) => String(30_000_000 + index));
  const profile: WrittenProfile = {
    ...simulator,
    name: 'long',
    namespaces: {
      ...simulator.namespaces,
      ns2: { ...simulator.namespaces.ns2, token: { ...simulator.namespaces.ns2.token, forbiddenStarts } },
    },
  };
  expect(() => synthesize({ ...dev, tome: { ...dev.tome, profile } }, { isChecked: false })).toThrow(
    /^dev: card: the environment of create-card has \d{4} bytes and Lambda takes 4096: the profile of TOME, \d{4} of them, must be shorter\.$/,
  );
});
