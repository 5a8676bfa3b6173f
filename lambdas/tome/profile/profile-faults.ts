import { mayCoincide, mayLookLikeCard, type TokenForm } from '../../tokenization/model/token-form.ts';
import { certificateFaults, haveSameAddress } from './namespace-addresses.ts';
import { type Authentication, type TomeProfile, tokenFormsOf } from './tome-profile.ts';

/** Lines of a profile that do not fit together, one sentence each. */
export function findProfileFaults(profile: TomeProfile): readonly string[] {
  const ofForms = [
    ...sizeFaults(profile),
    ...referenceFaults(profile),
    ...Object.entries(profile.namespaces).flatMap(([key, { token }]) =>
      startFaults(token).map((fault) => `namespaces.${key}.token.${fault}`),
    ),
  ];
  return [
    ...unknownLines(profile),
    ...Object.entries(profile.namespaces).flatMap(([key, { url }]) =>
      url === undefined || isHttpUrl(url) ? [] : [`namespaces.${key}.url must be an http or https URL`],
    ),
    // Forms that are wrong by themselves are not compared: the result would be a second sentence
    // about the same line.
    ...(ofForms.length > 0 ? ofForms : formsTooAlike(profile)),
    ...addressFaults(profile),
    ...certificateFaults(profile),
    ...headerFaults(profile),
    ...authenticationFaults(profile.authentication),
  ];
}

const unknownLines = ({ unknown }: TomeProfile): readonly string[] =>
  unknown.map((line) => `${line} is marked as unknown: ask the owners of TOME (docs/onboarding.md)`);

/** Of internal tokens. What a reference must be leaves no choice. */
function sizeFaults({ namespaces }: TomeProfile): readonly string[] {
  const { shortest, longest, alphabet, checkDigit } = namespaces.ns1.token;
  return [
    ...(shortest > longest ? ['namespaces.ns1.token.shortest must not be above longest'] : []),
    ...(alphabet !== 'digits' && checkDigit !== 'any'
      ? ['namespaces.ns1.token.checkDigit must be any unless alphabet is digits']
      : []),
  ];
}

const startFaults = ({ forbiddenStarts }: TokenForm): readonly string[] =>
  forbiddenStarts
    .filter(({ from, to }) => from.length !== to.length || from > to)
    .map(({ from, to }) => `forbiddenStarts ${from}-${to} must have two ends of equal length in order`);

/** The API promises references of 16 digits to its callers. */
function referenceFaults({ namespaces }: TomeProfile): readonly string[] {
  const { alphabet, shortest, longest } = namespaces.ns2.token;
  return alphabet === 'digits' && shortest === 16 && longest === 16
    ? []
    : ['namespaces.ns2.token must be 16 digits, because a card reference is'];
}

function formsTooAlike(profile: TomeProfile): readonly string[] {
  const { internalToken, reference, toldApart } = tokenFormsOf(profile);
  if (toldApart === 'by-knowledge') return [];
  return [
    ...(mayCoincide(internalToken, reference)
      ? [
          'namespaces.ns1.token and namespaces.ns2.token overlap: forbid different starts, or set toldApart to by-knowledge',
        ]
      : []),
    ...(mayLookLikeCard(internalToken)
      ? ['namespaces.ns1.token can look like a card number: forbid these starts, or set toldApart to by-knowledge']
      : []),
  ];
}

function addressFaults({ path, namespaces, operations }: TomeProfile): readonly string[] {
  const words = Object.values(operations);
  const pathFault = findPathFault(path);
  return [
    ...(pathFault === null ? [] : [pathFault]),
    ...(pathFault === null && haveSameAddress({ path, namespaces }, null)
      ? ['namespaces.ns1 and namespaces.ns2 have the same address: give them different names or URLs']
      : []),
    ...(new Set(words).size === words.length ? [] : ['operations must be different words']),
  ];
}

function findPathFault(path: string): string | null {
  if (!/^(\/([A-Za-z0-9._~-]|\{namespace\}|\{operation\})+)+$/.test(path)) {
    return 'path must start with / and have letters, digits, . _ ~ -, {namespace} and {operation} only';
  }
  return path.includes('{operation}') ? null : 'path must contain {operation}';
}

/** Headers that HTTP, or the client in every request, gives a meaning of their own. */
const RESERVED =
  /^(accept|connection|content-length|content-type|expect|host|keep-alive|proxy-.+|te|trailer|transfer-encoding|upgrade)$/;

function headerFaults({ headers, authentication }: TomeProfile): readonly string[] {
  const names = Object.entries(headers).flatMap(([key, name]) =>
    name === null
      ? []
      : [{ line: `headers.${key}`, name, isReserved: RESERVED.test(name) || name === 'authorization' }],
  );
  const ofCredential =
    authentication.kind === 'header'
      ? [
          {
            line: 'authentication.header',
            name: authentication.header,
            isReserved: RESERVED.test(authentication.header),
          },
        ]
      : [];
  const all = [...names, ...ofCredential];
  return [
    ...all.flatMap(({ line, name, isReserved }) =>
      isReserved ? [`${line} must not be ${name}, which has another meaning`] : [],
    ),
    ...(new Set(all.map(({ name }) => name)).size === all.length ? [] : ['headers must have different names']),
  ];
}

function authenticationFaults(authentication: Authentication): readonly string[] {
  if (authentication.kind !== 'oauth2') return [];
  const { tokenUrl } = authentication;
  return isHttpUrl(tokenUrl) || /^\/[A-Za-z0-9/._~-]+$/.test(tokenUrl)
    ? []
    : ['authentication.tokenUrl must be an http or https URL, or a path that starts with /'];
}

/** Without user name, password, query and fragment, because these would be in logs. */
const isHttpUrl = (text: string): boolean =>
  /^https?:\/\/[A-Za-z0-9[\]:.-]+(\/[A-Za-z0-9/._~-]*)?$/.test(text) && URL.canParse(text);
