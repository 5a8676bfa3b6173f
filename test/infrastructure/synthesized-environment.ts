import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { ENVIRONMENTS, type EnvironmentName } from '../../lib/environments/environments.ts';

/** A resource of a template. Its id has no hash, and its values are plain (plain-value.ts). */
export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each CloudFormation type has other properties.
  readonly properties: any;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly updatePolicy: any;
}

export interface SynthesizedEnvironment {
  readonly name: EnvironmentName;
  readonly resources: readonly Resource[];
  /** All resources of a type, in all stacks or in one. */
  all(type: string, stack?: string): readonly Resource[];
  /** The only resource of the type in the stack whose logical id starts with `idStart`. */
  one(type: string, stack: string, idStart?: string): Resource;
}

export const ENVIRONMENT_NAMES = Object.keys(ENVIRONMENTS) as readonly EnvironmentName[];
export const AWS_ENVIRONMENT_NAMES = ENVIRONMENT_NAMES.filter((name) => ENVIRONMENTS[name].kind === 'aws');

/** The resources of an environment, which all-environments.ts synthesizes once for all tests. */
export function synthesized(name: EnvironmentName): SynthesizedEnvironment {
  const resources: readonly Resource[] = JSON.parse(
    readFileSync(join(inject('synthesizedEnvironments'), `${name}.json`), 'utf8'),
  );
  return { name, resources, ...queriesOf(name, resources) };
}

function queriesOf(name: EnvironmentName, resources: readonly Resource[]): Pick<SynthesizedEnvironment, 'all' | 'one'> {
  const all = (type: string, stack?: string) =>
    resources.filter((resource) => resource.type === type && (stack === undefined || resource.stack === stack));
  return {
    all,
    one(type, stack, idStart = '') {
      const [only, ...others] = all(type, stack).filter(({ id }) => id.startsWith(idStart));
      if (only === undefined || others.length > 0) {
        throw new Error(`${name}: ${others.length + (only === undefined ? 0 : 1)} of ${type} ${idStart} in ${stack}.`);
      }
      return only;
    },
  };
}
