import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

describe.each(ENVIRONMENT_NAMES)('%s', (name) => {
  const { resources } = synthesized(name);

  // CloudFormation does not update the readers of Fn::GetStackOutput when the value changes. It
  // refuses to change an export that another stack imports.
  test('no stack reads a value of another stack without importing its export', () => {
    const weak = resources.filter(({ properties }) => JSON.stringify(properties).includes('GetStackOutput'));
    expect(weak.map(({ stack, id }) => `${stack} ${id}`)).toEqual([]);
  });

  test.each(Object.keys(ENVIRONMENTS[name].domains))(
    'the service stack of %s imports the key of its data',
    (domain) => {
      const service = resources.filter(({ stack }) => stack === `${name}-${domain}-service`);
      expect(JSON.stringify(service)).toContain(`"${name}-${domain}-data:KeyArn"`);
    },
  );
});
