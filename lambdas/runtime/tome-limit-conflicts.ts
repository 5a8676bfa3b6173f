import { type CallPlan, findExcess } from '../tome/profile/planned-calls.ts';
import type { TomeProfile } from '../tome/profile/tome-profile.ts';
import type { GroupName } from './setting-groups.ts';

/** The plan of a domain that does nothing. */
const NOTHING: CallPlan = { creations: 0, reads: 0, batch: 0, direct: 0, liveLimit: 0 };

/**
 * A sentence for each of this domain's own rates that is above the limit of TOME together with the
 * calls of the other domains. A function knows no expected load, and its limit on live calls and
 * its direct path are bounds that ordinary load does not reach. So they are not added to the batch
 * rate here, and this finds only what cannot fit under any load; the synthesis of an environment
 * adds up everything. Prefetch makes no live calls, so it compares only its batch rate.
 */
export function tomeLimitConflicts(
  values: Readonly<Record<string, unknown>>,
  groups: ReadonlySet<GroupName>,
): readonly string[] {
  if (!groups.has('domain') || !groups.has('tome')) return [];
  const number = (name: string): number => (typeof values[name] === 'number' ? values[name] : 0);
  const { limits } = values['TOME_PROFILE'] as TomeProfile;
  const plans: readonly (readonly [setting: string, isUsed: boolean, plan: (rate: number) => Partial<CallPlan>])[] = [
    ['TOME_BATCH_CALLS_PER_SECOND', values['TOKENIZER'] !== 'direct', (batch) => ({ batch })],
    ['TOME_LIVE_CALLS_PER_SECOND', groups.has('creation'), (liveLimit) => ({ liveLimit })],
  ];
  return plans.flatMap(([setting, isUsed, planOf]) => {
    const plan = { ...NOTHING, ...(isUsed ? planOf(number(setting)) : {}) };
    const excess = findExcess(limits, [{ domain: '', plan }], number('TOME_OTHER_CALLS_PER_SECOND'));
    const isCause = isUsed && number(setting) > 0;
    return excess === null || !isCause
      ? []
      : [`${setting} must be lower: ${excess} (docs/capacity.md#limits-that-add-up)`];
  });
}
