import { failed, passed } from '../../conformance/check.ts';
import type { Check } from '../check.ts';
import { type DomainContext, outputOf } from '../domain-context.ts';

/** States in which a stack is as its last deployment wanted it. */
const GOOD_STATES: ReadonlySet<string> = new Set(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE']);

/** The outputs that other checks and the command line need. */
const OUTPUTS = ['ApiUrl', 'CardEventsQueueUrl', 'PrefetchFunctionName', 'PageTopicArn', 'DayTopicArn'] as const;

export const stackChecks: readonly Check[] = [
  {
    id: 'stacks.complete',
    sentence: 'Every stack of the domain exists, and its last deployment is complete.',
    remedy: 'Deploy again, or wait for the end of the deployment (docs/deployment.md#update-an-environment).',
    needs: [],
    creates: false,
    async run({ stacks }) {
      const faults = [...stacks].flatMap(([name, stack]) => {
        if (stack === null) return [`${name} does not exist`];
        return GOOD_STATES.has(stack.status) ? [] : [`${name} is ${stack.status}`];
      });
      return faults.length === 0 ? passed(`${stacks.size} stacks`) : failed(faults.join('; '));
    },
  },
  {
    id: 'stacks.outputs',
    sentence: 'The stacks have the outputs that operators use.',
    remedy: 'Deploy the service stack and the observability stack of this commit.',
    needs: [],
    creates: false,
    async run(context: DomainContext) {
      const missing = OUTPUTS.filter((name) => outputOf(context, name) === '');
      return missing.length === 0 ? passed() : failed(`missing: ${missing.join(', ')}`);
    },
  },
];
