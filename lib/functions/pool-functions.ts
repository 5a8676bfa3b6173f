import { Construct } from 'constructs';
import { jobNames, routeNames } from '../../lambdas/function-names.ts';
import type { FunctionName, JobName, RouteName } from '../../lambdas/functions.ts';
import type { FunctionContext } from './function-context.ts';
import { TokenFunction } from './token-function.ts';

/** Every function of a producer domain. */
export class PoolFunctions extends Construct {
  readonly api: Readonly<Record<RouteName, TokenFunction>>;
  readonly jobs: Readonly<Record<JobName, TokenFunction>>;

  constructor(scope: Construct, id: string, context: FunctionContext) {
    super(scope, id);
    const create = (name: FunctionName) => new TokenFunction(this, name, { name, context });
    this.api = recordOf(routeNames(), create);
    this.jobs = recordOf(jobNames(), create);
  }
}

const recordOf = <Name extends string, Value>(names: readonly Name[], create: (name: Name) => Value) =>
  Object.fromEntries(names.map((name) => [name, create(name)])) as Readonly<Record<Name, Value>>;
