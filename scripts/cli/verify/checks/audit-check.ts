import { failed, notTried, passed, type Verdict } from '../../conformance/check.ts';
import type { Check } from '../check.ts';
import type { DomainContext } from '../domain-context.ts';
import { resourcesOf } from './domain-resources.ts';

export const auditCheck: Check = {
  id: 'logs.audit',
  sentence: 'The detokenize request has left one audit record.',
  remedy: 'Stop detokenizing until records are written again: each disclosure must have one (docs/design.md#i14).',
  needs: ['api.detokenize'],
  creates: true,
  run: checkAudit,
};

async function checkAudit(context: DomainContext): Promise<Verdict> {
  const { account, correlationId, environment, startedMs, eventually } = context;
  const groups = await resourcesOf(context, ['service'], 'AWS::Logs::LogGroup');
  const group = groups.find((name) => name.endsWith('-detokenize'));
  if (group === undefined) return failed('the service stack has no log group of detokenize');
  const records = await eventually(
    async () => (await account.logLines(group, correlationId, new Date(startedMs))).filter(isDisclosure),
    ({ length }) => length > 0,
  );
  if (records.length === 1) return passed(`in ${group}`);
  if (records.length > 1) return failed(`${records.length} records in ${group}`);
  return environment.kind === 'emulator'
    ? notTried('the emulator collects a late log line only when the function runs again')
    : failed(`no record in ${group} within the time of --wait`);
}

/** A record of a disclosed number (lambdas/runtime/logging/audit.ts). The line is not shown. */
function isDisclosure(line: string): boolean {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null && 'outcome' in record && record.outcome === 'disclosed';
  } catch {
    return false;
  }
}
