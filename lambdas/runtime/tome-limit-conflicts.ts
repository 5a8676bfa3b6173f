import { findExcess } from '../tome/profile/planned-calls.ts';
import type { TomeProfile } from '../tome/profile/tome-profile.ts';
import type { GroupName } from './setting-groups.ts';

/**
 * A sentence when this domain's own limits, and the calls of the other domains, are above the limit
 * of TOME. A function knows no expected load, so this finds only what cannot fit under any load;
 * the synthesis of an environment adds the expected load. Prefetch makes no live calls, so it
 * compares only its batch rate.
 */
export function tomeLimitConflicts(
  values: Readonly<Record<string, unknown>>,
  groups: ReadonlySet<GroupName>,
): readonly string[] {
  if (!groups.has('domain') || !groups.has('tome')) return [];
  const number = (name: string): number => (typeof values[name] === 'number' ? values[name] : 0);
  const { limits } = values['TOME_PROFILE'] as TomeProfile;
  const isPooled = values['TOKENIZER'] !== 'direct';
  const isLive = groups.has('creation');
  const plan = {
    creations: 0,
    reads: 0,
    batch: isPooled ? number('TOME_BATCH_CALLS_PER_SECOND') : 0,
    direct: isPooled ? number('DIRECT_CREATIONS_PER_SECOND') : 0,
    liveLimit: isLive ? number('TOME_LIVE_CALLS_PER_SECOND') : 0,
  };
  const excess = findExcess(limits, [{ domain: '', plan }], number('TOME_OTHER_CALLS_PER_SECOND'));
  if (excess === null) return [];
  const limited = ['TOME_BATCH_CALLS_PER_SECOND', ...(isLive ? ['DIRECT_CREATIONS_PER_SECOND'] : [])];
  return [`${limited.join(' or ')} must be lower: ${excess} (docs/capacity.md#limits-that-add-up)`];
}
