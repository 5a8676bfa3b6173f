import { expect, test } from 'vitest';
import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';
import { findTargetFaults, hostsOf, isProductionHost } from '../../../scripts/cli/wire/target-guard.ts';
import { profileNamed } from '../../support/tome-profiles.ts';

const target = {
  hosts: ['tome.uat.bank.example'],
  environment: null,
  isLowerEnvironment: false,
  isProduction: false,
  isConfirmed: false,
};

test.each([
  'tome.prod.bank.example',
  'TOME.PROD.bank.example',
  'tome-prod.bank.example',
  'prd.tome.example',
  'production.example',
  'tome.live.example',
  'pre-prod.example',
  'tome.prod1.bank.example',
  'prod01.bank.example',
  'tomeprod01.bank.example',
  'tome-prod1.bank.example',
  'prodtome.bank.example',
  'tome-prd02.bank.example',
  'bankprd.example',
  'tome.production2.bank.example',
  'live.tome.example',
  'tome-live1.bank.example',
  'tomelive1.bank.example',
  'live-test.bank.example',
  'cannon-prod.example',
])('%s is taken for a production host', (host) => {
  expect(isProductionHost(host)).toBe(true);
});

test.each([
  'localhost',
  'tome.uat.bank.example',
  'non-prod.bank.example',
  'nonprod.example',
  'tome-nonprod01.bank.example',
  'products.example',
  'product1.example',
  'reproduce.example',
  'reproduction.example',
  'producer.bank.example',
  'delivery.example',
  'olive1.example',
  'liverpool.example',
])('%s is not taken for a production host', (host) => {
  expect(isProductionHost(host)).toBe(false);
});

test.each(Object.values(ENVIRONMENTS).filter(({ isProduction }) => isProduction))(
  "TOME's host of the environment $name is a production host",
  (environment) => {
    expect(environment.kind === 'aws' && isProductionHost(new URL(environment.tome.url).hostname)).toBe(true);
  },
);

test.each(['localhost', '127.0.0.1', '[::1]'])('%s is called without any option', (host) => {
  expect(findTargetFaults({ ...target, hosts: [host] })).toEqual([]);
});

test.each(['localhost.bank.example', '127.0.0.1.bank.example', 'tome.bank.example'])(
  '%s is called only as a lower environment',
  (host) => {
    expect(findTargetFaults({ ...target, hosts: [host] })).toEqual([expect.stringContaining('--lower-environment')]);
    expect(findTargetFaults({ ...target, hosts: [host], isLowerEnvironment: true })).toEqual([]);
  },
);

test('the host of a lower environment is called by the name of the environment', () => {
  expect(findTargetFaults({ ...target, environment: ENVIRONMENTS.uat })).toEqual([]);
  expect(findTargetFaults({ ...target, environment: ENVIRONMENTS.dev })).toHaveLength(1);
});

test.each([
  ['by its environment', { hosts: ['localhost'], environment: ENVIRONMENTS.prod }],
  ['by its host', { hosts: ['tome.prod.bank.example'] }],
  ['by its host, in spite of another environment', { hosts: ['prod.example'], environment: ENVIRONMENTS.uat }],
  ['by its host, in spite of --lower-environment', { hosts: ['prod.example'], isLowerEnvironment: true }],
])('production is recognized %s, and called only if both options ask for it', (_how, production) => {
  const faultsWith = (options: object): readonly string[] => findTargetFaults({ ...target, ...production, ...options });
  const both = { isProduction: true, isConfirmed: true };
  expect(faultsWith({})).toEqual([expect.stringContaining('--yes-this-is-production')]);
  expect(faultsWith({ isProduction: true })).toHaveLength(1);
  expect(faultsWith({ isConfirmed: true })).toHaveLength(1);
  expect(faultsWith(both)).toEqual([]);
});

test('--production is refused for a target that is not production', () => {
  expect(findTargetFaults({ ...target, isProduction: true, isConfirmed: true })).toHaveLength(1);
});

test('the hosts are those of both namespaces, and a token server of production is none of them', () => {
  const profile = profileNamed('sixteen-digits');
  const { ns1, ns2 } = profile.namespaces;
  expect(hostsOf(profile, 'https://tome.example/base')).toEqual(['tome.example']);
  const elsewhere = {
    ...profile,
    namespaces: { ns1, ns2: { ...ns2, url: 'https://two.example' } },
    authentication: { kind: 'oauth2', tokenUrl: 'https://sign-in.prod.example/t', sendsCredentialIn: 'body' } as const,
  };
  expect(hostsOf(elsewhere, 'https://tome.example/base')).toEqual(['tome.example', 'two.example']);
});
