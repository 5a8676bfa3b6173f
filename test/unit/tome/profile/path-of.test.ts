import { expect, test } from 'vitest';
import { pathOf } from '../../../../lambdas/tome/profile/path-of.ts';
import { profileNamed, simulatorProfile } from '../../../support/tome-profiles.ts';

test('the path of the profile gets the namespace of TOME and the word of the operation', () => {
  expect(pathOf(simulatorProfile, 'ns1', 'bulk-tokenize')).toBe('/v1/namespaces/ns1/bulk-tokenize');
  expect(pathOf(profileNamed('uat'), 'ns2', 'lookup')).toBe('/tome/v2/ExtCardReference/lookup');
});

test('a path may name the operation twice, the namespace not at all, and an own word of the operation', () => {
  const operations = { ...simulatorProfile.operations, tokenize: 'issue' };
  expect(pathOf({ ...simulatorProfile, operations, path: '/{operation}/of.{operation}' }, 'ns1', 'tokenize')).toBe(
    '/issue/of.issue',
  );
});
