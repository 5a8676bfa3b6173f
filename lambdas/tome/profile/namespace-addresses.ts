import type { TomeProfile } from './tome-profile.ts';

type Addresses = Pick<TomeProfile, 'path' | 'namespaces'>;

/**
 * Whether both namespaces have the same paths at the same URL, so that a request for one would
 * reach the other. `tomeUrl` is the URL of a namespace that has none; `null` if it is not known,
 * and then it counts as another URL than all that are written.
 */
export function haveSameAddress({ path, namespaces: { ns1, ns2 } }: Addresses, tomeUrl: string | null): boolean {
  if (path.includes('{namespace}') && ns1.name !== ns2.name) return false;
  const [first, second] = [ns1.url ?? tomeUrl, ns2.url ?? tomeUrl];
  return first === null || second === null ? first === second : normalized(first) === normalized(second);
}

/** Without what makes no difference: a slash at the end, capitals in the host, the usual port. */
function normalized(url: string): string {
  const read = URL.parse(url);
  return read === null ? url : `${read.origin}${read.pathname.replace(/\/+$/, '')}`;
}

/** URLs of a profile with a client certificate over which no certificate can be shown. */
export const certificateFaults = ({
  namespaces,
  clientCertificate,
}: Pick<TomeProfile, 'namespaces' | 'clientCertificate'>): readonly string[] =>
  Object.entries(namespaces).flatMap(([key, { url }]) =>
    clientCertificate && isPlain(url)
      ? [`namespaces.${key}.url must be an https URL, because clientCertificate is true`]
      : [],
  );

/**
 * Lines of a profile that do not fit the URL of TOME, one sentence each. `name` is what the user
 * knows this URL by, such as `TOME_URL`.
 */
export function faultsAtUrl(
  profile: Addresses & Pick<TomeProfile, 'clientCertificate'>,
  tomeUrl: string,
  name: string,
): readonly string[] {
  const { namespaces, clientCertificate } = profile;
  const [own, other] = namespaces.ns1.url === undefined ? ['ns2', 'ns1'] : ['ns1', 'ns2'];
  const isUsed = Object.values(namespaces).some(({ url }) => url === undefined);
  return [
    ...(haveSameAddress(profile, tomeUrl) && !haveSameAddress(profile, null)
      ? [
          `namespaces.${own}.url must not be ${name}, the address of namespaces.${other}: give them different names or URLs`,
        ]
      : []),
    ...(clientCertificate && isUsed && isPlain(tomeUrl)
      ? [`clientCertificate must be false unless ${name} is an https URL`]
      : []),
  ];
}

const isPlain = (url: string | undefined): boolean => url?.toLowerCase().startsWith('http:') === true;
