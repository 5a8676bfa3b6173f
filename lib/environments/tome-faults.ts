import { faultsAtUrl } from '../../lambdas/tome/profile/namespace-addresses.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { credentialFaults } from './credential-faults.ts';
import type { AwsEnvironment, Environment } from './environment.ts';
import { hasOtherTokenHost, readProfileOf, tokenUrlOf } from './tome-of-domain.ts';

/**
 * What is wrong with the profiles of TOME and with the credentials for them, one sentence each. A
 * fault of the environment's own profile is reported once, not for each domain that uses it.
 */
export function tomeFaults(environment: Environment): readonly string[] {
  const faults = Object.entries(environment.domains).flatMap(([domain, settings]) => {
    const isOwn = settings.tomeProfile !== undefined;
    const line = isOwn ? `${domain}: tomeProfile` : 'tome.profile';
    const read = readProfileOf(environment, settings);
    if ('faults' in read) return read.faults.map((fault) => `${line} ${fault}.`);
    const { profile } = read;
    if (environment.isProduction && profile.name === 'simulator') {
      return [`${isOwn ? `${domain}: ` : ''}the profile simulator describes the simulator, which has no real cards.`];
    }
    return [
      ...(environment.kind === 'aws' ? networkFaults(profile, environment) : []).map((fault) => `${line} ${fault}`),
      ...credentialFaults(environment, { domain, settings, profile }),
    ];
  });
  return [...new Set([...faults, ...(environment.kind === 'aws' ? tokenServiceFaults(environment) : [])])];
}

/** Functions reach TOME and nothing else, so an authorization server needs its own endpoint. */
function networkFaults(profile: TomeProfile, { tome }: AwsEnvironment): readonly string[] {
  const urls = [
    ...Object.entries(profile.namespaces).flatMap(([key, { url }]) =>
      url === undefined || url.startsWith('https://') ? [] : [`namespaces.${key}.url must be an https URL.`],
    ),
    ...faultsAtUrl(profile, tome.url, 'tome.url').map((fault) => `${fault}.`),
  ];
  if (tokenUrlOf(profile)?.startsWith('http://')) {
    return [...urls, 'authentication.tokenUrl must be an https URL or a path.'];
  }
  return hasOtherTokenHost(profile, tome.url) && tome.tokenPrivateLinkService === undefined
    ? [...urls, 'authentication.tokenUrl must have the host of TOME, or tome.tokenPrivateLinkService must be set.']
    : urls;
}

export const isEndpointService = (name: string): boolean =>
  /^com\.amazonaws\.vpce\.[a-z0-9-]+\.vpce-svc-[0-9a-f]{17}$/.test(name);

function tokenServiceFaults(environment: AwsEnvironment): readonly string[] {
  const { url, privateLinkService, tokenPrivateLinkService } = environment.tome;
  if (tokenPrivateLinkService === undefined) return [];
  const isUsed = Object.values(environment.domains).some((settings) => {
    const read = readProfileOf(environment, settings);
    return 'faults' in read || hasOtherTokenHost(read.profile, url);
  });
  return [
    ...(isEndpointService(tokenPrivateLinkService) && tokenPrivateLinkService !== privateLinkService
      ? []
      : ['tome.tokenPrivateLinkService must be the name of another endpoint service than TOME has.']),
    ...(isUsed ? [] : ['tome.tokenPrivateLinkService must not be set, because no profile has another token host.']),
  ];
}
