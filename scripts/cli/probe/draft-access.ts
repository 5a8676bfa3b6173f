import { composeTomeAccess, type TomeAccess } from '../../../lambdas/composition/tome-access.ts';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';

/**
 * The authentication of a draft, with the secrets of the settings. The other lines are those of the
 * simulator, because those of a draft may not fit together yet. Rejects with InvalidSettings and
 * SecretUnusable.
 */
export function draftAccess(
  { authentication = { kind: 'none' }, clientCertificate = false, namespaces }: WrittenProfile,
  url: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<TomeAccess> {
  const { simulator } = SHIPPED_PROFILES;
  const ns1 = { ...simulator.namespaces.ns1, url: namespaces.ns1.url ?? url };
  const profile = { ...simulator, namespaces: { ...simulator.namespaces, ns1 }, authentication, clientCertificate };
  const settings = readSettings(['domain', 'tome'], {
    ...variables,
    TOME_URL: url,
    TOME_PROFILE: JSON.stringify(profile),
  });
  return composeTomeAccess(settings);
}
