import { failed, notTried, passed, type Verdict } from '../../conformance/check.ts';
import type { Check } from '../check.ts';
import { type DomainContext, outputOf } from '../domain-context.ts';
import { resourcesOf } from './domain-resources.ts';

const TOPICS = ['PageTopicArn', 'DayTopicArn'] as const;

export const alarmChecks: readonly Check[] = [
  {
    id: 'alarms.quiet',
    sentence: 'Every alarm of the observability stack exists, and none is raised.',
    remedy: 'Read the entry of each alarm in docs/runbook.md. A missing alarm needs a deployment of its stack.',
    needs: ['stacks.complete'],
    creates: false,
    async run(context) {
      const names = await resourcesOf(context, ['observability'], 'AWS::CloudWatch::Alarm');
      if (names.length === 0) return failed('the stack has no alarms');
      const states = await context.account.alarmStates(names);
      const missing = names.filter((name) => !states.has(name));
      const raised = names.filter((name) => states.get(name) === 'ALARM');
      const faults = [
        ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
        ...(raised.length === 0 ? [] : [`raised: ${raised.join(', ')}`]),
      ];
      return faults.length === 0 ? passed(`${names.length} alarms`) : failed(faults.join('; '));
    },
  },
  {
    id: 'alarms.recipients',
    sentence: 'Every alarm recipient has confirmed the e-mail subscription.',
    remedy: 'Confirm by the link in the message of Amazon SNS; request a new one in the console of SNS.',
    needs: ['stacks.outputs'],
    creates: false,
    run: checkRecipients,
  },
];

async function checkRecipients(context: DomainContext): Promise<Verdict> {
  const { alarmRecipients, dayAlarmRecipients = alarmRecipients } = context.environment;
  const expected = { PageTopicArn: alarmRecipients, DayTopicArn: dayAlarmRecipients };
  const faults: string[] = [];
  let confirmed = 0;
  for (const topic of TOPICS) {
    const subscriptions = await context.account.subscriptions(outputOf(context, topic));
    for (const recipient of expected[topic]) {
      const own = subscriptions.filter(({ protocol, endpoint }) => protocol === 'email' && endpoint === recipient);
      if (own.length === 0) faults.push(`${topic}: ${recipient} has no subscription`);
      else if (own.some(({ isConfirmed }) => isConfirmed)) confirmed += 1;
      else faults.push(`${topic}: ${recipient} has not confirmed`);
    }
  }
  if (faults.length > 0) return failed(faults.join('; '));
  return confirmed === 0
    ? notTried('the environment has no alarm recipients')
    : passed(`${confirmed} subscriptions are confirmed`);
}
