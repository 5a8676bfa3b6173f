import { edit, type Mutant } from './mutant.ts';

const TOKENS = 'lambdas/tome/client/authentication/token-authentication.ts';
const ENDPOINT = 'lambdas/tome/client/authentication/token-endpoint.ts';
const TOKEN_TESTS = 'test/unit/tome/authentication/token-authentication.test.ts';
const ENDPOINT_TESTS = 'test/unit/tome/authentication/token-endpoint.test.ts';
const CERTIFICATE_TESTS = 'test/unit/tome/client-certificates.test.ts';
const REFUSED_TESTS = 'test/unit/tome/authentication/refused-credentials.test.ts';

/** Bugs in how the client authenticates at TOME. */
export const CREDENTIAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'an access token is used after its expiry',
    kind: 'authentication at TOME',
    edits: [edit(TOKENS, 'this.#parts.time) < usableMs;', 'this.#parts.time) >= 0;')],
    tests: [TOKEN_TESTS, REFUSED_TESTS],
  },
  {
    name: 'an access token that expired while the function was frozen is used',
    kind: 'deadlines and frozen functions',
    edits: [
      edit(
        'lambdas/tome/client/authentication/moment.ts',
        'Math.max(time.monotonicMs() - since.monotonicMs, time.dateMs() - since.dateMs)',
        'time.monotonicMs() - since.monotonicMs',
      ),
    ],
    tests: [TOKEN_TESTS],
  },
  {
    name: 'every call that waits for an access token requests one',
    kind: 'authentication at TOME',
    edits: [edit(TOKENS, 'this.#runningRefresh() ?? this.#begin()', 'this.#begin()')],
    tests: [TOKEN_TESTS],
  },
  {
    name: 'a call waits for an access token beyond its deadline',
    kind: 'deadlines and frozen functions',
    edits: [edit(TOKENS, 'endsBefore(done, deadlineMs, time)', 'endsBefore(done, deadlineMs + 60_000, time)')],
    tests: [TOKEN_TESTS],
  },
  {
    name: 'every call requests an access token while the token endpoint is down',
    kind: 'circuit breakers and rate limits',
    edits: [edit(TOKENS, 'this.#pauses.fail(answer.retryAfterSeconds * 1_000);', '')],
    tests: [TOKEN_TESTS],
  },
  {
    name: 'a request that TOME answered with 401 is repeated with the refused token',
    kind: 'authentication at TOME',
    edits: [edit(TOKENS, 'token.credential !== refused && ', '')],
    tests: [TOKEN_TESTS, REFUSED_TESTS],
  },
  {
    name: 'one 401 of a gateway takes the access token from all other calls',
    kind: 'authentication at TOME',
    edits: [
      edit(
        TOKENS,
        'if (this.#token?.credential === credential) this.#refused = credential;',
        'if (this.#token?.credential === credential) this.#token = null;',
      ),
    ],
    tests: [TOKEN_TESTS, REFUSED_TESTS],
  },
  {
    name: 'a call that is refused while another one reads the secret again is not repeated',
    kind: 'authentication at TOME',
    edits: [
      edit(
        'lambdas/tome/client/authentication/header-authentication.ts',
        'credential !== this.#credential || this.#reading !== null',
        'credential !== this.#credential',
      ),
    ],
    tests: [REFUSED_TESTS],
  },
  {
    name: 'every creation reserves a pair while TOME accepts no credential and none comes',
    kind: 'circuit breakers and rate limits',
    edits: [
      edit('lambdas/tome/client/tome-client.ts', 'this.#gate.countDenied(namespace, operation, body);', 'void body;'),
    ],
    tests: [REFUSED_TESTS],
  },
  {
    name: 'access tokens that expire on their way are requested without a pause',
    kind: 'authentication at TOME',
    edits: [edit(TOKENS, 'if (!this.#isUsable(token)) return this.#pauses.fail(0);', '')],
    tests: [TOKEN_TESTS],
  },
  {
    name: 'a token request that a freeze of the function cut off raises an alarm',
    kind: 'deadlines and frozen functions',
    edits: [
      edit(
        'lambdas/tome/client/authentication/create-authentication.ts',
        'if (!wasFrozen) onTokenRequest(',
        'if (!wasFrozen || startedAt.dateMs > 0) onTokenRequest(',
      ),
    ],
    tests: [REFUSED_TESTS],
  },
  {
    name: 'the client certificate is not shown to NS2 if it has an address of its own',
    kind: 'authentication at TOME',
    edits: [
      edit(
        'lambdas/tome/client/tome-endpoints.ts',
        'new TomeConnections(second, clock, { certificate })',
        'new TomeConnections(second, clock, {})',
      ),
    ],
    tests: [CERTIFICATE_TESTS],
  },
  {
    name: 'the client certificate is not shown to a token endpoint below the address of NS1',
    kind: 'authentication at TOME',
    edits: [
      edit('lambdas/tome/client/authentication/create-authentication.ts', '{ certificate, server }', '{ server }'),
    ],
    tests: [CERTIFICATE_TESTS],
  },
  {
    name: 'a token endpoint at another address must have a certificate of the private authority',
    kind: 'authentication at TOME',
    edits: [
      edit(
        'lambdas/tome/client/client-certificate.ts',
        "[...getCACertificates('default'), certificate.authority]",
        '[certificate.authority]',
      ),
    ],
    tests: [CERTIFICATE_TESTS],
  },
  {
    name: 'an expired access token opens the circuit breaker of TOME',
    kind: 'circuit breakers and rate limits',
    edits: [edit('lambdas/tome/client/attempt-gate.ts', '      error instanceof CredentialReplaced ||\n', '')],
    tests: [REFUSED_TESTS],
  },
  {
    name: 'the message of a failed token request quotes the answer, which can repeat the client secret',
    kind: 'card numbers and secrets in text',
    edits: [edit(ENDPOINT, 'const why = readTokenError(text);', 'const why = readTokenError(text) ?? text;')],
    tests: [ENDPOINT_TESTS],
  },
];
