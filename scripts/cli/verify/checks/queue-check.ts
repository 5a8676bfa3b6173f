import { failed, passed } from '../../conformance/check.ts';
import type { Check } from '../check.ts';
import { outputOf } from '../domain-context.ts';
import { resourcesOf } from './domain-resources.ts';

/** All queues of a domain are dead-letter queues, but for the one that TSYS reads. */
export const queueCheck: Check = {
  id: 'queues.empty',
  sentence: 'The dead-letter queues are empty.',
  remedy: 'Find the cause, then send the messages again or delete them (docs/runbook.md#dead-letters).',
  needs: ['stacks.outputs'],
  creates: false,
  async run(context) {
    const queues = await resourcesOf(context, ['service', 'observability'], 'AWS::SQS::Queue');
    const cardEvents = outputOf(context, 'CardEventsQueueUrl');
    const deadLetters = queues.filter((url) => url !== cardEvents);
    if (deadLetters.length === 0) return failed('the stacks have no dead-letter queues');
    const faults: string[] = [];
    for (const url of deadLetters) {
      const length = await context.account.queueLength(url);
      if (length > 0) faults.push(`${url.split('/').at(-1)} has ${length}`);
    }
    return faults.length === 0 ? passed(`${deadLetters.length} queues`) : failed(faults.join('; '));
  },
};
