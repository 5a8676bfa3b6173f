import type { Lane } from '../contract/contract.ts';
import type { TomeProfile } from '../profile/tome-profile.ts';

/** The headers of a request, by the names of the profile, without those that authenticate it. */
export const requestHeaders = (
  { headers: names }: Pick<TomeProfile, 'headers'>,
  {
    requestId,
    correlationId,
    lane,
  }: { readonly requestId: string; readonly correlationId: string; readonly lane: Lane },
): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  [names.requestId]: requestId,
  [names.correlationId]: correlationId,
  ...(names.lane === null ? {} : { [names.lane]: lane }),
});
