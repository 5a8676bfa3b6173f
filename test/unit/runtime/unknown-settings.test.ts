import { expect, test } from 'vitest';
import { settingGroups } from '../../../lambdas/runtime/setting-groups.ts';
import { refuseUnknownSettings } from '../../../lambdas/runtime/unknown-settings.ts';

const refuse = (environment: Record<string, string>) => () => refuseUnknownSettings(environment, ['DATA_DIR']);

test.each([
  ['POOL_TARGETMIN', 'POOL_TARGET_MIN'],
  ['pool_target_min', 'POOL_TARGET_MIN'],
  ['POL_TARGET_MIN', 'POOL_TARGET_MIN'],
  ['TOME_BREAKER_FAILURE', 'TOME_BREAKER_FAILURES'],
  ['DATABASE_ATEMPTS', 'DATABASE_ATTEMPTS'],
  ['DATA_DIRR', 'DATA_DIR'],
])('the unknown setting %s is refused, and the error suggests %s', (name, meant) => {
  expect(refuse({ [name]: '1' })).toThrow(`${name} is not a setting. Did you mean ${meant}?`);
});

test('an unknown setting with a prefix of this project is refused even if no setting is similar', () => {
  expect(refuse({ POOL_COLOUR: 'blue' })).toThrow(
    'POOL_COLOUR is not a setting. docs/configuration.md lists all settings.',
  );
});

test('one error names all unknown settings and none of their values', () => {
  const check = refuse({ POOL_TARGETMIN: '4111111111111111', TOME_ULR: 'http://secret' });
  expect(check).toThrow(/POOL_TARGETMIN[\s\S]*TOME_ULR/);
  expect(check).not.toThrow(/4111|secret/);
});

test('variables of other programs, empty variables and every known setting are accepted', () => {
  const settings = Object.values(settingGroups).flatMap((group) => Object.keys(group));
  expect(refuse(Object.fromEntries(settings.map((name) => [name, '1'])))).not.toThrow();
  const others = ['PATH', 'HOME', 'DIRECT_URL', 'DATABASE_DRIVER', 'EVENT_LOOP', 'REQUEST_METHOD', 'npm_config_cache'];
  expect(refuse(Object.fromEntries(others.map((name) => [name, '1'])))).not.toThrow();
  expect(refuse({ POOL_TARGETMIN: '' })).not.toThrow();
});
