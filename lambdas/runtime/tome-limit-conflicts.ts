import { findExcess, NO_CALLS } from '../tome/profile/planned-calls.ts';
import type { TomeProfile } from '../tome/profile/tome-profile.ts';
import type { GroupName } from './setting-groups.ts';

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
  const rates = [
    ['TOME_BATCH_CALLS_PER_SECOND', 'batch', values['TOKENIZER'] !== 'direct'],
    ['TOME_LIVE_CALLS_PER_SECOND', 'liveLimit', groups.has('creation')],
  ] as const;
  return rates.flatMap(([setting, kind, isUsed]) => {
    const rate = isUsed ? number(setting) : 0;
    if (rate === 0) return [];
    const own = { domain: '', plan: { ...NO_CALLS, [kind]: rate } };
    const excess = findExcess(limits, [own], number('TOME_OTHER_CALLS_PER_SECOND'));
    return excess === null ? [] : [`${setting} must be lower: ${excess} (docs/capacity.md#limits-that-add-up)`];
  });
}
