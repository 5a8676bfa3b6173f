import { NAMESPACES, type Namespace, OPERATIONS, type Operation } from '../../lambdas/tome/contract/contract.ts';
import { pathOf } from '../../lambdas/tome/profile/path-of.ts';
import { readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import type { TomeProfile, WrittenProfile } from '../../lambdas/tome/profile/tome-profile.ts';

/** The profile that the simulator has if none is given. */
export function defaultProfile(): TomeProfile {
  const read = readTomeProfile('simulator');
  if ('faults' in read) throw new RangeError(read.faults.join(', '));
  return read.profile;
}

/** Where the token endpoint is if the profile names an address of another server. */
const TOKEN_PATH = '/oauth2/token';

export interface ServedPaths {
  readonly endpoints: ReadonlyMap<string, { readonly namespace: Namespace; readonly operation: Operation }>;
  /** `null` if the profile has no token endpoint. */
  readonly tokenEndpoint: string | null;
}

/**
 * The paths that the simulator serves. A namespace with an address of its own is below its key, so
 * that both are apart although their paths may be equal.
 */
export function servedPaths(profile: TomeProfile): ServedPaths {
  const { authentication } = profile;
  return {
    endpoints: new Map(
      NAMESPACES.flatMap((namespace) =>
        OPERATIONS.map((operation) => [
          basePath(profile, namespace) + pathOf(profile, namespace, operation),
          { namespace, operation },
        ]),
      ),
    ),
    tokenEndpoint: authentication.kind === 'oauth2' ? basePath(profile, 'ns1') + tokenPath(authentication) : null,
  };
}

const basePath = ({ namespaces }: TomeProfile, namespace: Namespace): string =>
  namespaces[namespace].url === undefined ? '' : `/${namespace}`;

const tokenPath = ({ tokenUrl }: { readonly tokenUrl: string }): string =>
  tokenUrl.startsWith('/') ? tokenUrl : TOKEN_PATH;

/** The profile as it can be written in TOME_PROFILE. */
export function writtenProfile(profile: TomeProfile): WrittenProfile {
  const { ns1, ns2 } = profile.namespaces;
  const written = (namespace: typeof ns1): WrittenProfile['namespaces']['ns1'] => {
    const forbiddenStarts = namespace.token.forbiddenStarts.map(({ from, to }) =>
      from === to ? from : `${from}-${to}`,
    );
    return { ...namespace, token: { ...namespace.token, forbiddenStarts } };
  };
  return { ...profile, namespaces: { ns1: written(ns1), ns2: written(ns2) } };
}

/**
 * The profile as the client of a simulator at `url` must use it: no address leads to another
 * server, and a client certificate is asked for only if the simulator has certificates.
 */
export function reachableProfile(profile: TomeProfile, url: string, hasCertificates: boolean): WrittenProfile {
  const written = writtenProfile(profile);
  const { authentication } = profile;
  const at = (namespace: Namespace): WrittenProfile['namespaces']['ns1'] => {
    const { url: ownUrl, ...lines } = written.namespaces[namespace];
    return ownUrl === undefined ? lines : { ...lines, url: url + basePath(profile, namespace) };
  };
  return {
    ...written,
    namespaces: { ns1: at('ns1'), ns2: at('ns2') },
    authentication:
      authentication.kind === 'oauth2' ? { ...authentication, tokenUrl: tokenPath(authentication) } : authentication,
    clientCertificate: profile.clientCertificate && hasCertificates,
  };
}
