import { expect, test, vi } from 'vitest';
import type { AwsEnvironment, Environment } from '../../lib/environments/environment.ts';

const ADDED = 'rehearsal';
const ADDED_PRODUCTION = 'second-production';

// The list of environments with two more, as if they had been added to environments.ts.
vi.mock(import('../../lib/environments/environments.ts'), async (original) => {
  const module = await original();
  const added: AwsEnvironment = { ...(module.ENVIRONMENTS.dev as AwsEnvironment), name: ADDED };
  const production: AwsEnvironment = { ...(module.ENVIRONMENTS.prod as AwsEnvironment), name: ADDED_PRODUCTION };
  return {
    ...module,
    ENVIRONMENTS: { ...module.ENVIRONMENTS, [ADDED]: added, [ADDED_PRODUCTION]: production },
  };
});

const { ENVIRONMENTS } = await import('../../lib/environments/environments.ts');
const { environmentNamed } = await import('../../lib/environments/validate-environment.ts');
const { AWS_ENVIRONMENT_NAMES, ENVIRONMENT_NAMES } = await import('./synthesized-environment.ts');
const { synthesizeEnvironment } = await import('./synthesize-environment.ts');
const { LINTED_ENVIRONMENTS } = await import('../../scripts/checks/lint-templates/templates.ts');
const { CLI_USAGE, parseCliOptions } = await import('../../scripts/cli/cli-options.ts');

test('an environment that is added to the list can be deployed', () => {
  expect(environmentNamed(ADDED).name).toBe(ADDED);
  const { resources } = synthesizeEnvironment(ADDED as keyof typeof ENVIRONMENTS, { isChecked: false });
  const stacks = new Set(resources.map(({ stack }) => stack));
  expect(stacks).toContain(`${ADDED}-network`);
  expect(stacks).toContain(`${ADDED}-card-service`);
});

test('an environment that is added to the list is tested by the infrastructure tests', () => {
  expect(ENVIRONMENT_NAMES).toContain(ADDED);
  expect(AWS_ENVIRONMENT_NAMES).toContain(ADDED);
});

test('an environment that is added to the list is linted', () => {
  expect(LINTED_ENVIRONMENTS).toContain(ADDED);
});

test('an environment that is added to the list is known to the command line', () => {
  expect(CLI_USAGE).toContain(ADDED);
  expect(parseCliOptions(['pool', '--env', ADDED])?.where).toEqual({
    by: 'environment',
    environment: ADDED,
    domain: 'card',
  });
});

test('the command line refuses an added environment that is production', () => {
  expect(CLI_USAGE).not.toContain(ADDED_PRODUCTION);
  expect(() => parseCliOptions(['pool', '--env', ADDED_PRODUCTION])).toThrow('production is not allowed');
});

test.each(Object.entries<Environment>(ENVIRONMENTS))('the environment %s has the name of its key', (key, { name }) => {
  expect(name).toBe(key);
});
