import type { ShippedProfileName } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import type { FaultOrder } from '../../../scripts/simulator/faults.ts';
import type { SwitchChanges } from '../../../scripts/simulator/switches.ts';
import type { Mangle } from '../mangling-front.ts';

/** A TOME that breaks one rule, and the checks that name it. */
export interface BrokenTome {
  readonly what: string;
  readonly fails: readonly string[];
  readonly switches?: SwitchChanges;
  readonly faults?: readonly FaultOrder[];
  readonly mangle?: () => Mangle;
  /** Tokens that were issued before the run. */
  readonly issued?: number;
  /** The profile of the TOME; `simulator` by default. */
  readonly base?: ShippedProfileName;
  /** Lines of the profile that the suite tests and that differ from it. */
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly tokens?: number;
  readonly rate?: boolean;
  readonly waitSeconds?: number;
  /** For a latency: otherwise the simulator's time stands still. */
  readonly hasRealTime?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
}

const ns1 = 'ns1' as const;
const ns2 = 'ns2' as const;
const always = { rate: 1 } as const;
const limits = { callsPerSecond: 250, scope: 'endpoint', tokensPerPrefetch: 40 };

const contentOf = (text: string): Record<string, unknown> => JSON.parse(text);

/** The header with the access token of an answer. */
const bearerOf = (text: string): string => `Bearer ${String(contentOf(text)['access_token'])}`;

/** Changes 200 answers of one operation of NS1. */
const changing =
  (operation: string, change: (content: Record<string, unknown>) => Record<string, unknown>): (() => Mangle) =>
  () =>
  ({ path, status, text }) =>
    path.endsWith(`/ns1/${operation}`) && status === 200 ? JSON.stringify(change(contentOf(text))) : undefined;

/** Counts the calls with the same body. */
function callsOfSource(): (body: object) => number {
  const counts = new Map<string, number>();
  return (body) => {
    const key = JSON.stringify(body);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts.get(key) ?? 0;
  };
}

export const BROKEN_TOMES: readonly BrokenTome[] = [
  {
    what: 'asks for no credential although the profile says so',
    base: 'uat',
    switches: { authentication: 'off' },
    fails: ['credential-required', 'wrong-credential-refused'],
  },
  {
    what: 'accepts every credential',
    base: 'uat',
    mangle:
      () =>
      ({ headers, status }) =>
        status === 401 && headers['x-api-key'] !== undefined
          ? { status: 404, text: JSON.stringify({ error: 'not-found' }) }
          : undefined,
    fails: ['wrong-credential-refused'],
  },
  {
    what: 'ends the access token of one process when another requests one',
    base: 'sixteen-digits',
    mangle: () => {
      let latest = '';
      return ({ path, headers, status, text }) => {
        if (path !== '/oauth2/token') return headers.authorization === latest ? undefined : { status: 401 };
        if (status === 200) latest = bearerOf(text);
        return undefined;
      };
    },
    fails: ['access-tokens-independent'],
  },
  {
    what: 'answers 403 for an expired access token',
    base: 'sixteen-digits',
    waitSeconds: 4_000,
    mangle: () => {
      const issued = new Set<string>();
      return ({ path, headers, status, text }) => {
        if (path === '/oauth2/token' && status === 200) issued.add(bearerOf(text));
        // Once: the next call is answered 401, so the client gets another token.
        return status === 401 && issued.delete(headers.authorization ?? '') ? { status: 403 } : undefined;
      };
    },
    fails: ['access-token-expires'],
  },
  {
    what: 'refuses the credential for one operation',
    faults: [{ operation: 'tokenize', kind: 'access-denied', ...always }],
    fails: ['credential-accepted'],
  },
  {
    what: 'answers with the id of another request',
    faults: [{ operation: 'lookup', kind: 'crossed', ...always }],
    fails: ['answers-show'],
  },
  {
    what: 'answers with the item of another request',
    base: 'sixteen-digits',
    faults: [{ operation: 'detokenize', kind: 'crossed', ...always }],
    fails: ['answers-show'],
  },
  {
    what: 'names a bound token in a refusal without the source',
    base: 'sixteen-digits',
    mangle:
      () =>
      ({ status, text }) =>
        status === 409 ? JSON.stringify({ ...contentOf(text), source: undefined }) : undefined,
    fails: ['answers-show'],
  },
  {
    what: 'repeats neither the id nor the item of a request',
    base: 'sixteen-digits',
    switches: { answersShow: 'neither' },
    fails: ['answers-show'],
  },
  {
    what: 'repeats a wrong request id',
    mangle:
      () =>
      ({ text }) => ({ text, headers: { 'x-request-id': 'another' } }),
    fails: ['answers-show'],
  },
  {
    what: 'sends half of an answer',
    faults: [{ operation: 'detokenize', kind: 'truncated', ...always }],
    fails: ['answers-fit-contract'],
  },
  {
    what: 'has a gateway that answers with its own page',
    faults: [{ operation: 'lookup', kind: 'gateway-page', ...always }],
    fails: ['answers-fit-contract'],
  },
  {
    what: 'redirects',
    faults: [{ operation: 'tokenize', kind: 'redirected', ...always }],
    fails: ['answers-fit-contract'],
  },
  {
    what: 'fails',
    faults: [{ operation: 'tokenize', namespace: ns1, kind: 'error-before', ...always }],
    fails: ['answers-arrive'],
  },
  {
    what: 'fails after some calls',
    mangle: () => {
      let calls = 0;
      return ({ path }) => {
        if (path.endsWith('/ns1/tokenize')) calls += 1;
        return calls > 4 && path.endsWith('/ns1/tokenize') ? { status: 503 } : undefined;
      };
    },
    fails: ['answers-arrive'],
  },
  {
    what: 'binds and closes the connection',
    faults: [{ operation: 'tokenize', kind: 'reset-after', ...always }],
    fails: ['answers-arrive'],
  },
  {
    what: 'does not answer',
    faults: [{ operation: 'lookup', namespace: ns2, kind: 'timeout-before', ...always }],
    variables: { TOME_ATTEMPT_TIMEOUT_MS: '4000' },
    fails: ['answers-arrive'],
  },
  {
    what: 'allows fewer calls than the profile says',
    faults: [{ operation: 'tokenize', namespace: ns2, kind: 'rate-limited', ...always }],
    fails: ['within-limits'],
  },
  {
    what: 'closes each connection',
    mangle:
      () =>
      ({ text }) => ({ text, headers: { connection: 'close' } }),
    fails: ['connections-kept'],
  },
  {
    what: 'gives more tokens than were asked for',
    mangle: changing('prefetch', ({ tokens }) => ({
      tokens: [...(tokens as object[]), { token: `more_${'x'.repeat(20)}` }],
    })),
    fails: ['ns1.prefetch'],
  },
  {
    what: 'gives no tokens',
    faults: [{ operation: 'prefetch', namespace: ns2, kind: 'short', share: 0, ...always }],
    fails: ['ns2.prefetch'],
  },
  {
    what: 'gives fewer tokens than the largest size of the profile',
    faults: [{ operation: 'prefetch', namespace: ns1, kind: 'short', ...always }],
    profile: { limits },
    fails: ['ns1.prefetch-size'],
  },
  {
    what: 'issues a token twice in one answer',
    faults: [{ operation: 'prefetch', namespace: ns1, kind: 'duplicates', ...always }],
    tokens: 80,
    fails: ['ns1.prefetch-unique'],
  },
  {
    what: 'issues tokens of earlier answers',
    faults: [{ operation: 'prefetch', namespace: ns2, kind: 'wrong-token', ...always }],
    issued: 100,
    fails: ['ns2.prefetch-unique'],
  },
  {
    what: 'issues a token without the form of the profile',
    faults: [{ operation: 'prefetch', namespace: ns1, kind: 'odd-item', ...always }],
    fails: ['ns1.token-form'],
  },
  {
    what: 'issues tokens that expire',
    switches: { tokenLifetimeMs: 3_600_000 },
    fails: ['ns1.expiry', 'ns2.expiry'],
  },
  {
    what: 'issues tokens that expire too early',
    switches: { tokenLifetimeMs: 3_600_000 },
    profile: { tokenLifetimeHours: 2 },
    fails: ['ns1.expiry', 'ns2.expiry'],
  },
  {
    what: 'issues references that look like card numbers',
    faults: [{ operation: 'prefetch', namespace: ns2, kind: 'card-like', ...always }],
    fails: ['ns2.references-acceptable'],
  },
  {
    what: 'finds a token for every source',
    mangle:
      () =>
      ({ path, status }) =>
        path.endsWith('/ns1/lookup') && status === 404
          ? { status: 200, text: JSON.stringify({ token: `found_${'x'.repeat(20)}` }) }
          : undefined,
    fails: ['ns1.not-found'],
  },
  {
    what: 'binds another token than the one asked for',
    faults: [{ operation: 'tokenize', namespace: ns1, kind: 'wrong-token', ...always }],
    fails: ['ns1.bind', 'ns1.choose'],
  },
  {
    what: 'names a token without the form of the profile when it binds',
    faults: [{ operation: 'tokenize', namespace: ns2, kind: 'odd-item', ...always }],
    fails: ['ns2.bind', 'ns2.choose'],
  },
  {
    what: 'calls a repeated binding new',
    mangle: changing('tokenize', (content) => ({ ...content, isNew: true })),
    fails: ['ns1.bind-again', 'ns1.already-bound', 'ns1.choose'],
  },
  {
    what: 'overwrites bindings',
    switches: { binding: 'overwrite' },
    fails: ['ns1.bound-once', 'ns2.bound-once'],
  },
  {
    what: 'answers 409 for a bound source although the profile says echo',
    switches: { alreadyBound: 'conflict' },
    fails: ['ns1.already-bound', 'ns2.already-bound'],
  },
  {
    what: 'answers 200 for a bound source although the profile says conflict',
    profile: { alreadyBound: 'conflict' },
    fails: ['ns1.already-bound', 'ns2.already-bound'],
  },
  {
    what: 'refuses a taken token with another error',
    mangle:
      () =>
      ({ path, text }) =>
        path.includes('/ns1/') && text.includes('token-taken')
          ? { status: 400, text: JSON.stringify({ error: 'bad-request' }) }
          : undefined,
    fails: ['ns1.token-taken'],
  },
  {
    what: 'chooses another token for the same source',
    mangle: () => {
      let chosen = 0;
      return ({ path, body, status, text }) => {
        if (status !== 200 || !path.endsWith('/ns1/tokenize') || body['token'] !== undefined) return undefined;
        chosen += 1;
        return chosen === 1 ? undefined : JSON.stringify({ ...contentOf(text), token: `chosen_${'x'.repeat(20)}` });
      };
    },
    fails: ['ns1.choose'],
  },
  {
    what: 'finds a token without the form of the profile',
    faults: [{ operation: 'lookup', namespace: ns1, kind: 'odd-item', ...always }],
    fails: ['ns1.lookup'],
  },
  {
    what: 'stores sources that are no card numbers',
    faults: [{ operation: 'detokenize', namespace: ns1, kind: 'odd-item', ...always }],
    fails: ['ns1.detokenize'],
  },
  {
    what: 'binds tokens that it never issued',
    mangle:
      () =>
      ({ path, body, status }) =>
        path.endsWith('/ns1/tokenize') && status === 400 && body['token'] !== undefined
          ? { status: 200, text: JSON.stringify({ token: body['token'], isNew: true }) }
          : undefined,
    fails: ['ns1.never-issued'],
  },
  {
    what: 'fails for unusable input',
    mangle:
      () =>
      ({ path, status }) =>
        path.endsWith('/ns2/lookup') && status === 400 ? { status: 500 } : undefined,
    fails: ['ns2.unusable-input'],
  },
  {
    what: 'has a bulk tokenize although the profile says none',
    switches: { bulkTokenize: 'present' },
    fails: ['ns2.bulk'],
  },
  {
    what: 'has no bulk tokenize although the profile says so',
    profile: { bulkItems: 500 },
    fails: ['ns2.bulk'],
  },
  {
    what: 'fails every item of a bulk call',
    switches: { bulkTokenize: 'present', bulkFailureRate: 1 },
    profile: { bulkItems: 500 },
    fails: ['ns2.bulk'],
  },
  {
    what: 'names no reference in a bulk result',
    switches: { bulkTokenize: 'present' },
    faults: [{ operation: 'bulk-tokenize', kind: 'odd-item', ...always }],
    profile: { bulkItems: 500 },
    fails: ['ns2.bulk'],
  },
  {
    what: 'takes fewer items of a bulk call than the profile says',
    switches: { bulkTokenize: 'present' },
    mangle:
      () =>
      ({ body }) =>
        Array.isArray(body['items']) && body['items'].length > 10
          ? { status: 400, text: JSON.stringify({ error: 'bad-request' }) }
          : undefined,
    profile: { bulkItems: 50 },
    tokens: 120,
    fails: ['ns2.bulk-size'],
  },
  {
    what: 'mixes the answers of calls at once',
    mangle: () => {
      const calls = callsOfSource();
      let found = '';
      return ({ path, body, status, text }) => {
        if (!path.endsWith('/ns1/lookup')) return undefined;
        if (status === 200) found = text;
        return status === 404 && calls(body) >= 4 ? { status: 200, text: found } : undefined;
      };
    },
    fails: ['ns1.not-crossed'],
  },
  {
    what: 'binds another token when the connection is closed meanwhile',
    switches: { latencyMs: 30 },
    hasRealTime: true,
    mangle: () => {
      const unknown = new Set<unknown>();
      return ({ path, body, status }) => {
        if (!path.endsWith('/ns1/lookup')) return undefined;
        if (status === 404) unknown.add(body['source']);
        return status === 200 && unknown.has(body['source'])
          ? JSON.stringify({ token: `other_${'x'.repeat(20)}` })
          : undefined;
      };
    },
    fails: ['ns1.given-up'],
  },
  {
    what: 'issues internal tokens as references',
    base: 'sixteen-digits',
    faults: [{ operation: 'prefetch', namespace: ns2, kind: 'same-as-source', ...always }],
    fails: ['never-the-same'],
  },
  {
    what: 'names the card number as its own token',
    base: 'sixteen-digits',
    faults: [{ operation: 'tokenize', namespace: ns1, kind: 'same-as-source', ...always }],
    fails: ['ns1.bind', 'ns1.choose'],
  },
  {
    what: 'issues one text in both namespaces',
    mangle:
      () =>
      ({ path, status, text }) => {
        if (!path.endsWith('/prefetch') || status !== 200) return undefined;
        const { tokens } = contentOf(text) as { tokens: readonly object[] };
        return tokens.length < 10
          ? undefined
          : JSON.stringify({ tokens: [...tokens.slice(1), { token: '9000000000000001' }] });
      },
    profile: {
      toldApart: 'by-knowledge',
      namespaces: {
        ns1: { name: 'ns1', token: { alphabet: 'url-safe', shortest: 16, longest: 64 } },
        ns2: { name: 'ns2', token: { alphabet: 'digits', shortest: 16, longest: 16 } },
      },
    },
    fails: ['never-the-same'],
  },
  {
    what: 'answers 429 without Retry-After',
    rate: true,
    mangle: () => {
      const calls = callsOfSource();
      return ({ path, body }) => (path.endsWith('/ns1/lookup') && calls(body) > 20 ? { status: 429 } : undefined);
    },
    fails: ['rate-limit'],
  },
  {
    what: 'limits the calls of each namespace although the profile says of each operation',
    rate: true,
    mangle: () => {
      const calls = callsOfSource();
      return ({ path, body }) =>
        path.includes('/ns1/') && calls(body) > 10 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
    },
    fails: ['rate-scope'],
  },
];
