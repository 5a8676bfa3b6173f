import { edit, type Mutant } from './mutant.ts';

const EXCHANGE = 'lambdas/tome/client/http-exchange.ts';
const PROOF = 'lambdas/tome/client/answer-proof.ts';
const CONNECTIONS = 'lambdas/tome/client/tome-connections.ts';
const OUTCOMES = 'lambdas/tokenization/refill/mapping-outcomes.ts';
const UNUSABLE_ITEMS = 'test/integration/unusable-items.test.ts';
const FOREIGN_ANSWERS = 'test/unit/tome/foreign-answers.test.ts';
const REPEATED_ITEMS = 'test/unit/tome/repeated-items.test.ts';
const CONNECTION_TESTS = 'test/unit/tome/tome-connections.test.ts';
const ATTEMPT_GATE_TESTS = 'test/unit/tome/attempt-gate.test.ts';

/** Bugs in how the client of TOME distinguishes answers, invalid items and failures. */
export const TOME_MUTANTS: readonly Mutant[] = [
  {
    name: 'a 429 without the request id does not count as rate limiting',
    kind: 'one invalid item',
    edits: [
      edit(EXCHANGE, 'if (status === 429) throw', "if (status === 429 && headers['x-request-id'] !== undefined) throw"),
    ],
    tests: [FOREIGN_ANSWERS],
  },
  {
    name: 'the page of a gateway, without a request id, counts as an answer of TOME',
    kind: 'one invalid item',
    edits: [
      edit(
        PROOF,
        'if (answeredId === undefined) throw gatewayAnswered(status);',
        'if (answeredId === undefined) return;',
      ),
    ],
    tests: [FOREIGN_ANSWERS],
  },
  {
    name: 'an answer that names another item counts as the answer to the request',
    kind: 'answers with the reference of another card',
    edits: [edit(PROOF, 'if (repeated !== fieldOf(request, field)) throw', 'if (repeated === undefined) throw')],
    tests: [REPEATED_ITEMS],
  },
  {
    name: 'the token of a refusal that repeats no item counts as the token of the request',
    kind: 'answers with the reference of another card',
    edits: [edit(PROOF, "status !== 200 && fieldOf(content, 'token') === undefined", 'status !== 200')],
    tests: [REPEATED_ITEMS],
  },
  {
    name: 'a bulk result that names another item counts as the result of the item at its place',
    kind: 'answers with the reference of another card',
    edits: [
      edit(
        'lambdas/tome/client/http-tome.ts',
        "answersShow === 'item' && data?.source !== item.source",
        "answersShow === 'item' && data?.source === undefined",
      ),
    ],
    tests: [REPEATED_ITEMS],
  },
  {
    name: 'repeated requests for one invalid item open the circuit breaker',
    kind: 'one invalid item',
    edits: [
      edit(
        'lambdas/tokenization/circuit-breaker.ts',
        "if (this.#state === 'closed' && item !== undefined && this.#itemsInARow.has(item)) return;",
        '',
      ),
    ],
    tests: [FOREIGN_ANSWERS],
  },
  {
    name: 'a stored card with an unusable form counts as a failure of TOME',
    kind: 'one invalid item',
    edits: [
      edit(
        'lambdas/tome/client/attempt-gate.ts',
        'if (error instanceof TomeRateLimited || error instanceof LastingAnswer) permit.succeed();',
        'if (error instanceof TomeRateLimited) permit.succeed();',
      ),
    ],
    tests: [FOREIGN_ANSWERS],
  },
  {
    name: 'an invalid token in a prefetch answer is stored although it could be a card number',
    kind: 'one invalid item',
    edits: [
      edit(
        'lambdas/tome/client/prefetched-tokens.ts',
        'isKeepable(text) && !mayContainSource(text)',
        'isKeepable(text)',
      ),
    ],
    tests: ['test/unit/tome/prefetched-tokens.test.ts'],
  },
  {
    name: 'a token whose expiry TOME does not state stays in the pool for ever',
    kind: 'answers with the reference of another card',
    edits: [
      edit(
        'lambdas/tome/client/token-expiry.ts',
        'one === null || other === null ? (one ?? other) :',
        'one === null || other === null ? one :',
      ),
    ],
    tests: ['test/unit/tome/token-lifetime.test.ts'],
  },
  {
    name: 'staged pairs are quarantined because of an outage',
    kind: 'one invalid item',
    edits: [edit(OUTCOMES, 'this.#mappedInAll > 0 &&\n      this.#failed.length <=', 'this.#failed.length + 1_000 >=')],
    tests: [UNUSABLE_ITEMS],
  },
  {
    name: 'a TOME that answers every binding wrongly moves the whole pool to quarantine',
    kind: 'one invalid item',
    edits: [edit(OUTCOMES, 'if (this.#failuresInARow >= MOST_FAILURES_IN_A_ROW) throw error;', 'void error;')],
    tests: [UNUSABLE_ITEMS],
  },
  {
    name: 'each creation of a card that NS1 knows with an invalid token costs a pair',
    kind: 'one invalid item',
    edits: [
      edit(
        'lambdas/tokenization/finish-reservation.ts',
        'refusal.attempts === 1 && !creation.resumed',
        'refusal.attempts === 0 && !creation.resumed',
      ),
    ],
    tests: [UNUSABLE_ITEMS],
  },
  {
    name: 'a bulk result that names another item quarantines the pair at its place',
    kind: 'one invalid item',
    edits: [
      edit('lambdas/tome/client/http-tome.ts', "result ?? { outcome: 'failed' }", "result ?? { outcome: 'unusable' }"),
    ],
    tests: [REPEATED_ITEMS],
  },
  {
    name: 'a pair whose token NS1 has bound becomes available again when NS1 names an unusable token',
    kind: 'one invalid item',
    edits: [
      edit(
        'lambdas/tokenization/finish-reservation.ts',
        'wasSentOnce && (await isUnbound(dependencies, creation.reservation, context))',
        'wasSentOnce && (await isUnbound(dependencies, creation.reservation, context).then(() => true))',
      ),
    ],
    tests: [UNUSABLE_ITEMS],
  },
  {
    name: 'a connection that is not ready within the attempt counts as a sent request',
    kind: 'requests that were never sent',
    edits: [
      edit(
        CONNECTIONS,
        'if (!wasSent) return new ConnectTimedOut(',
        'if (!isSilent && wasSent) return new ConnectTimedOut(',
      ),
    ],
    tests: [CONNECTION_TESTS],
  },
  {
    name: 'the request is written before the connection is open',
    kind: 'requests that were never sent',
    edits: [edit(CONNECTIONS, "socket.once(this.#isTls ? 'secureConnect' : 'connect', send);", 'send();')],
    tests: [CONNECTION_TESTS],
  },
  {
    name: 'a setting accepts an address with a query',
    kind: 'requests that were never sent',
    edits: [
      edit(
        'lambdas/runtime/url-faults.ts',
        "if (!mayHaveQuery && text.includes('?')) faults.push('must have no query');",
        '',
      ),
    ],
    tests: ['test/unit/runtime/settings.test.ts'],
  },
  {
    name: 'a connection that was idle during a freeze is used again',
    kind: 'deadlines and frozen functions',
    edits: [edit(CONNECTIONS, 'wire.onNewConnection ? 0 : MAX_IDLE_MS', 'wire.onNewConnection ? 0 : Number.MAX_VALUE')],
    tests: [CONNECTION_TESTS],
  },
  {
    name: 'a client with few calls never regains a retry',
    kind: 'deadlines and frozen functions',
    edits: [
      edit(
        'lambdas/tome/client/retry-policy.ts',
        'if (this.#saved < FLOOR) this.#saved',
        'if (this.#saved < 0) this.#saved',
      ),
    ],
    tests: ['test/unit/tome/retry-policy.test.ts'],
  },
  {
    name: 'a creation reserves a pair while TOME answers every request with 429',
    kind: 'circuit breakers and rate limits',
    edits: [
      edit(
        'lambdas/tome/client/throttle.ts',
        'if (this.#refusalsInARow < CLOSING_REFUSALS) return;',
        'if (this.#refusalsInARow >= 0) return;',
      ),
    ],
    tests: [UNUSABLE_ITEMS, ATTEMPT_GATE_TESTS],
  },
  {
    name: 'every creation calls TOME when its Retry-After has just passed',
    kind: 'circuit breakers and rate limits',
    edits: [
      edit(
        'lambdas/tome/client/throttle.ts',
        'Math.max(this.#untilMs, this.#probeUntilMs) - this',
        'this.#untilMs - this',
      ),
    ],
    tests: [ATTEMPT_GATE_TESTS],
  },
  {
    name: 'the workers of a prefetch are refused while one of them sends the probe of the circuit breaker',
    kind: 'one invalid item',
    edits: [
      edit(
        'lambdas/tome/client/attempt-gate.ts',
        "if (lane === 'batch') await this.#probeEnds(breaker, deadlineMs);\n",
        '',
      ),
      edit(
        'lambdas/tome/client/attempt-gate.ts',
        "while (lane === 'batch' && breaker.probeWaitMs > 0);",
        'while (false);',
      ),
    ],
    tests: [ATTEMPT_GATE_TESTS],
  },
  {
    name: 'a burst of creations reaches a TOME that refuses every request',
    kind: 'circuit breakers and rate limits',
    edits: [edit('lambdas/tome/client/slow-start.ts', 'const FIRST_CALLS = 4;', 'const FIRST_CALLS = 4_000;')],
    tests: [ATTEMPT_GATE_TESTS],
  },
];
