import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { ENVIRONMENTS, type EnvironmentName } from '../../lib/environments/environments.ts';

/** A resource of one of an environment's templates, its names without hashes and CloudFormation's functions written out (plain-value.ts). */
export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties are whatever CloudFormation has for each type.
  readonly properties: any;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly updatePolicy: any;
}

export interface SynthesizedEnvironment {
  readonly name: EnvironmentName;
  readonly resources: readonly Resource[];
  /** All of a type, in all stacks or in one. */
  all(type: string, stack?: string): readonly Resource[];
  /** The only resource of its type in a stack whose logical name starts so. */
  one(type: string, stack: string, idStart?: string): Resource;
}

export const ENVIRONMENT_NAMES = Object.keys(ENVIRONMENTS) as readonly EnvironmentName[];
export const AWS_ENVIRONMENT_NAMES = ENVIRONMENT_NAMES.filter((name) => ENVIRONMENTS[name].kind === 'aws');

/** What an environment's templates hold, as synthesized once for the whole run (all-environments.ts). */
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
